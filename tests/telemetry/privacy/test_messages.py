from __future__ import annotations

import importlib.util
import re
import sys
import traceback
import warnings
from collections import Counter

import pytest
from corpus_libraries import LIBRARIES
from corpus_said import FED, SENTENCE, TOKEN, WORDS
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.privacy import messages
from telemetry.privacy.catalogue import CATALOGUE, templates_of
from telemetry.privacy.messages import MessageCleaner
from telemetry.privacy.seals import MAX_MESSAGE
from telemetry.privacy.templates import Template, TemplateIndex

CLEANER = MessageCleaner()
LIBRARIES_ONCE = pytest.mark.xdist_group("libraries")  # what they are provoked to takes ten seconds


def name_of(error):
    kind = type(error)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def sources_of(error):
    """Files of an exception's frames, innermost first, then those of what caused it."""
    files = []
    while error is not None:
        files += [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)][::-1]
        error = error.__cause__ or error.__context__
    return files


def clean(error, cleaner=CLEANER, **options):
    return cleaner.clean(str(error), exception=name_of(error), sources=sources_of(error), **options)


def caught(provoke, *values):
    try:
        provoke(*values)
    except BaseException as error:
        return error
    return None


@pytest.fixture
def load(tmp_path):
    """Writes a module of somebody else's and imports it."""
    names = []

    def make(source):
        name = f"foreign_{len(names)}"
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield make
    for name in names:
        sys.modules.pop(name, None)


# --- Libraries -------------------------------------------------------------------------------------------------


def _literal_words(message):
    """The words of a message without what was fed, in any of the forms that libraries give it."""
    for value in FED:
        for form in (value, *(value.replace(" ", other) for other in ("-", "_", "", "%20")), value.lower()):
            message = message.replace(form, " ")
    return Counter(re.findall(r"[A-Za-z]{2,}", message))


@pytest.fixture(scope="module")
def cleaned():
    """(library, class and sources, message, what was left of it) for everything that was provoked."""
    results = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries are used wrongly here
        for library, provocations in LIBRARIES.items():
            for provoke in provocations:
                for value in FED:
                    error = caught(provoke, value)
                    assert error is not None, (library, provocations.index(provoke))
                    results.append((library, (name_of(error), sources_of(error)), str(error), clean(error)))
    return results


@LIBRARIES_ONCE
def test_no_library_lets_out_what_it_was_fed(cleaned):
    leaks = [(library, text) for library, _, _, text in cleaned if any(word in text for word in WORDS)]
    assert leaks == []


@LIBRARIES_ONCE
def test_most_of_the_words_that_libraries_wrote_survive(cleaned):
    total, kept = Counter(), Counter()
    for library, _, message, text in cleaned:
        words = _literal_words(message)
        total[library] += words.total()
        kept[library] += (words & Counter(re.findall(r"[A-Za-z]{2,}", text.replace("[data]", " ")))).total()
    shares = {library: round(kept[library] / total[library], 2) for library in total}
    assert len(shares) >= 20
    assert kept.total() / total.total() >= 0.8, shares


@LIBRARIES_ONCE
def test_cleaning_what_is_clean_changes_nothing(cleaned):
    for _, (exception, sources), _, text in cleaned:
        assert CLEANER.clean(text, exception=exception, sources=sources) == text


# --- Somebody else's module --------------------------------------------------------------------------------------

FOREIGN = """
class Missing(Exception):
    def __init__(self, name):
        self.name = name

    def __str__(self):
        return "there is no memory called %s" % self.name

REFUSED = "tenant {} may not read {}"

def fstring(x): raise ValueError(f"could not index memory: {x!r} after {3} attempts")
def percent(x): raise ValueError("could not index %s: too long by %d words" % (x, 12))
def braces(x): raise ValueError("could not index {0} within {1:.1f} s".format(x, 1.5))
def joined(x): raise ValueError("could not index " + x + " at all")
def implicit(x): raise ValueError("could not index"
                                  f" {x} anywhere")
def constant(x): raise PermissionError(REFUSED.format(x, x))
def own(x): raise Missing(x)
def bare(x): raise ValueError(x)
def key(x): raise KeyError(f"no memory is called {x}")
def several(x): raise ValueError("could not index %s", x)
def noted(x): raise ValueError(f"could not index {x}\\nthe index is closed")
def wrapping(x):
    try:
        int(x)
    except ValueError as error:
        raise RuntimeError(f"could not count: {error}") from error
def grouped(x): raise ExceptionGroup("two memories are gone", [ValueError(x), ValueError(x)])
"""


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("fstring", "could not index memory: [data] after 3 attempts"),
        ("percent", "could not index [data]: too long by 12 words"),
        ("braces", "could not index [data] within 1.5 s"),
        ("joined", "could not index [data] at all"),
        ("implicit", "could not index [data] anywhere"),
        ("constant", "tenant [data] may not read [data]"),
        ("own", "there is no memory called [data]"),
        ("bare", "[data]"),
        ("several", "('could not index %s', [data])"),
        ("noted", "could not index [data]\nthe index is closed"),
        ("wrapping", "could not count: invalid literal for int() with base 10: [data]"),
        ("grouped", "two memories are gone (2 sub-exceptions)"),
    ],
)
@pytest.mark.parametrize(
    "value", [*FED, "", "a: b: c", "could not index memory: ", "[data]", "\n\n", "ü€\udc80" * 9]
)
def test_what_stands_in_the_code_stays_and_what_was_put_in_goes(load, function, expected, value):
    if not value:
        expected = None
    error = caught(getattr(load(FOREIGN), function), value)
    text = clean(error)
    if value in FED:
        assert text == expected
        assert not [word for word in WORDS if word in text]
    assert clean_again(error, text) == text


def clean_again(error, text):
    return CLEANER.clean(text, exception=name_of(error), sources=sources_of(error))


def test_a_key_error_shows_its_message_in_quotes(load):
    assert clean(caught(load(FOREIGN).key, "Anna")) == "'no memory is called [data]'"


def test_a_persons_word_that_happens_to_stand_in_the_code_is_data(load):
    module = load('ANSWERS = {"yes": 1, "light green": 2}\ndef go(x):\n    raise ValueError(x)\n')
    assert clean(caught(module.go, "yes")) == "[data]"
    assert clean(caught(module.go, "light green")) == "[data]"


def test_the_template_with_the_most_literal_characters_wins(load):
    module = load(
        'def go(x):\n    if not x:\n        raise ValueError(f"could not {x}")\n'
        '    raise ValueError(f"could not index {x} for {x}")\n'
    )
    assert clean(caught(module.go, "Anna")) == "could not index [data] for [data]"


def test_files_further_out_than_the_budget_are_not_read(load):
    inner = load("def go(x, call):\n    call(x)\n")
    outer = load('def go(x):\n    raise ValueError(f"could not index {x}")\n')
    message = "could not index Anna"
    others = [load(f"x{number} = 1\n").__file__ for number in range(6)]
    assert CLEANER.clean(message, sources=[inner.__file__, outer.__file__]) == "could not index [data]"
    assert CLEANER.clean(message, sources=[*others, outer.__file__]) == "[data]"


def test_sources_that_are_no_loaded_modules_count_for_nothing(load, tmp_path):
    outer = load('def go(x):\n    raise ValueError(f"could not index {x}")\n')
    strangers = [f"/etc/{number}" for number in range(50)]
    assert (
        CLEANER.clean("could not index Anna", sources=[*strangers, outer.__file__])
        == "could not index [data]"
    )


# --- Holes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("12", True), ("-1", True), ("123456", True), ("1234567", False), ("1.5s", True), ("12 ms", True),
        ("3 minutes", True), ("99%", True), ("4 KiB", True), ("0x1F", False), ("1e9", False),
        ("48.137154", False), ("12 34", False), ("1.2.3.4", False), ("٣٤", False), ("v2", False),
    ],
)  # fmt: skip
def test_small_numbers_stay(load, value, kept):
    error = caught(load('def go(x):\n    raise ValueError(f"waited for {x} in vain")\n').go, value)
    assert clean(error) == f"waited for {value if kept else '[data]'} in vain"


def test_a_judge_decides_what_else_stays(load):
    module = load('def go(x):\n    raise ValueError(f"could not index {x} today")\n')

    def harmless(text):
        return {"the index": text, "anna@example.org": "[redacted:email]"}.get(text)

    assert clean(caught(module.go, "the index"), judge=harmless) == "could not index the index today"
    assert (
        clean(caught(module.go, "anna@example.org"), judge=harmless)
        == "could not index [redacted:email] today"
    )
    assert clean(caught(module.go, SENTENCE), judge=harmless) == "could not index [data] today"
    assert CLEANER.clean("the index", judge=harmless) == "the index"
    assert CLEANER.clean("an index", judge=harmless) == "[data]"


def test_a_judge_is_not_asked_about_pieces_of_what_may_be_one_value(load):
    asked = []
    module = load('def go(x, y):\n    raise ValueError(f"index of {x} for {y}")\n')
    text = clean(caught(module.go, "sugar for Anna", "tea"), judge=asked.append)
    assert text == "index of [data] for [data]"
    assert asked == []


def test_names_are_checked_by_whoever_knows_them():
    message = "'Memory' object has no attribute 'anna'"
    assert CLEANER.clean(message, exception="AttributeError") == message
    strict = MessageCleaner(knows={"Memory"}.__contains__)
    assert strict.clean(message, exception="AttributeError") == "'Memory' object has no attribute '[data]'"
    assert MessageCleaner(knows={"notes"}.__contains__).clean(
        "no such table: notes", exception="sqlite3.Error"
    ) == ("no such table: notes")


def test_names_in_somebody_elses_message_are_data():
    message = "UNIQUE constraint failed: users.anna"
    assert CLEANER.clean(message, exception="sqlite3.IntegrityError") == message
    assert CLEANER.clean(message, exception="ValueError") == "UNIQUE constraint failed: [data]"
    assert CLEANER.clean(message) == "UNIQUE constraint failed: [data]"


def test_a_line_of_a_longer_message_is_kept_by_itself():
    message = f"{SENTENCE}\n  database is locked\n{SENTENCE}\n{SENTENCE}\n"
    assert CLEANER.clean(message) == "[data]\n  database is locked\n[data]"


@pytest.mark.parametrize("marker", ["[data]", "[redacted:email]", "[data] [redacted:email]"])
def test_markers_pass(marker):
    assert CLEANER.clean(f"database is locked\n{marker}") in (
        f"database is locked\n{marker}",
        "database is locked\n[data]",
    )


def test_a_marker_that_no_rule_makes_is_data():
    assert CLEANER.clean("[redacted:anna]") == "[data]"
    assert CLEANER.clean("invalid literal for int() with base 10: [redacted:anna]") == (
        "invalid literal for int() with base 10: [data]"
    )


# --- Logs and names --------------------------------------------------------------------------------------------

LOGGING = """
def go(log, tracer, x):
    log.info("indexed %s in %d ms", x, 12)
    log.info("%s -> %s", x, x)
    log.info(f"indexed {x}")
    log.info("%(who)s wrote %(count)05.1f", {"who": x, "count": 2})
    with tracer.start_as_current_span("recall"), tracer.start_as_current_span(f"index {x} again"):
        log.info("done: 100%% of %s", x)
    return ("anna", "yes")
"""


@pytest.mark.parametrize(
    ("template", "arguments", "expected"),
    [
        ("indexed %s in %d ms", (SENTENCE, 12), "indexed [data] in 12 ms"),
        ("indexed %s in %d ms", (), "indexed %s in %d ms"),
        ("indexed %s in %d ms", (SENTENCE,), "indexed [data] in [data] ms"),
        ("indexed %s in %d ms", ({1}, 123456789), "indexed [data] in [data] ms"),
        ("%s -> %s", (None, True), "None -> True"),
        ("indexed my sister Anna", (), "indexed [data]"),
        ("indexed %s Anna", (SENTENCE,), "indexed [data]"),
        ("my %s", ("Anna",), "[data]"),
        ("%(who)s wrote %(count)05.1f", ({"who": SENTENCE, "count": 2},), "[data] wrote 002.0"),
        ("%(who)s wrote %(count)05.1f", {"who": SENTENCE}, "[data] wrote [data]"),
        ("done: 100%% of %s", (SENTENCE,), "done: 100% of [data]"),
        ("indexed %s in %d ms", ("x", "[data]"), "indexed [data] in [data] ms"),
    ],
)
def test_a_log_record_keeps_its_template_and_loses_its_arguments(load, template, arguments, expected):
    assert CLEANER.clean_log(template, arguments, sources=[load(LOGGING).__file__]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recall", "recall"),
        ("index 7 again", "index [data] again"),
        ("index Anna again", "index [data] again"),
        ("anna", "[data]"),
        ("yes", "[data]"),
        ("", ""),
        ("[data]", "[data]"),
    ],
)
def test_a_hand_made_name_stays_when_it_stands_in_its_module(load, name, expected):
    text = CLEANER.clean_name(name, sources=[load(LOGGING).__file__])
    assert text == expected
    assert CLEANER.clean_name(text, sources=[load(LOGGING).__file__]) == expected


# --- Anything at all -------------------------------------------------------------------------------------------

WORDS_OF_TEMPLATES = st.text(alphabet="abcdefgh :('\n%{}[]", min_size=0, max_size=14)
LETTERS_OF_DATA = frozenset("ijklmnopqrstuvwxyz")
ANYTHING = st.text(max_size=60) | st.text(alphabet="abc :'(\n[]{}%=,.\"", max_size=60)


class Shelved:
    """Stands for the files that were read."""

    def __init__(self, templates):
        self._index = TemplateIndex(templates)

    def books(self):
        yield self._index


def _clean_with(templates, message):
    original = messages.Shelf
    messages.Shelf = lambda *_: Shelved(templates)
    try:
        return CLEANER.clean(message)
    finally:
        messages.Shelf = original


@settings(deadline=None)
@given(
    st.lists(st.lists(WORDS_OF_TEMPLATES, min_size=1, max_size=4), min_size=1, max_size=4),
    st.lists(st.text(alphabet="ijklmnopqrstuvwxyz \n:'(", min_size=8, max_size=30), min_size=4, max_size=4),
)
def test_no_piece_of_the_data_comes_through_that_is_no_literal(templates, data):
    made = [Template(tuple(parts), said=True) for parts in templates]
    message = made[0].filled(data[: len(made[0].parts) - 1])
    text = _clean_with(made, message)
    for value in data[: len(made[0].parts) - 1]:
        for start in range(len(value) - 7):
            piece = value[start : start + 8]
            # Pieces without a letter may be a literal's: templates have none of the data's letters.
            assert piece not in text or not LETTERS_OF_DATA.intersection(piece), piece


@settings(deadline=None)
@given(st.lists(st.lists(WORDS_OF_TEMPLATES, min_size=1, max_size=4), max_size=4), ANYTHING)
def test_cleaning_twice_is_cleaning_once(templates, message):
    made = [Template(tuple(parts), said=True) for parts in templates]
    once = _clean_with(made, message)
    assert _clean_with(made, once) == once


@settings(deadline=None)
@given(
    ANYTHING,
    st.none() | st.text(max_size=30) | st.sampled_from(["KeyError", "sqlite3.Error", "a" * 500, "a..b", "."]),
)
def test_any_text_can_be_cleaned(message, exception):
    once = CLEANER.clean(message, exception=exception, sources=[message])
    assert CLEANER.clean(once, exception=exception, sources=[message]) == once
    CLEANER.clean_log(message, (message, 1, None), sources=[message])
    CLEANER.clean_name(message, sources=[message])


@settings(deadline=None)
@given(st.data())
def test_messages_of_the_catalogue_are_clean_after_one_cleaning(data):
    entry = data.draw(st.sampled_from(CATALOGUE))
    template = data.draw(st.sampled_from(templates_of(entry)))
    message = template.filled(data.draw(ANYTHING) for _ in template.kinds)
    exception = min(entry.whose, default=None)
    once = CLEANER.clean(message, exception=exception)
    assert CLEANER.clean(once, exception=exception) == once


def test_a_long_message_is_cut_in_the_middle():
    message = f"invalid literal for int() with base 10: '{TOKEN * 100_000}'"
    assert CLEANER.clean(message, exception="ValueError") == "invalid literal for int() with base 10: [data]"
    around = f"could not convert {'x' * MAX_MESSAGE * 20} at all"
    assert CLEANER.clean(around) == "[data]"
    assert (
        _clean_with([Template(("could not convert ", " at all"), said=True)], around)
        == "could not convert [data] at all"
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("a",) * 4, "a" * 100_000),
        (("aaaa",) * 200, "a" * 100_000),
        (("aaaab", "aaaab", ""), "a" * 100_000),
        (("", *("aaaa ",) * 50, "b"), "aaaa " * 20_000),
        (("", "\n" * 4, ""), "\n" * 100_000),
        (("'aaaa", "'"), "'" * 100_000),
        (("(aaaa", ")"), "(" * 100_000),
        (("aaaa: ", ""), "aaaa: " * 20_000),
    ],
)
@pytest.mark.timeout(10)
def test_no_message_makes_it_slow(parts, message):
    # The limit is a hundred times what it takes: something quadratic would hit it.
    made = [Template(parts, said=True)] * 20
    assert set(_clean_with(made, message)) <= set("[data]'(b: \n") | set("".join(parts))
    for wrapper in ("ValueError: ", "'", "('", "[Errno 1] ", "connection failed: "):
        CLEANER.clean(wrapper * 5_000)
