from __future__ import annotations

import base64
import copy
import html
import json
import pickle
import re
import secrets
import subprocess
import sys
import threading
import time
import unicodedata
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.privacy import shingles
from telemetry.privacy.canonical import Reading, condense, expand
from telemetry.privacy.content import MARKER, Content
from telemetry.privacy.telling import WINDOW, is_common

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
BENIGN = (HERE / "corpus_benign.txt").read_text(encoding="utf-8").splitlines()
TALK = (HERE / "corpus_talk.txt").read_text(encoding="utf-8").splitlines()
FOREIGN = [
    'Zoë hat "Grüße" aus Köln\ngeschickt, 50 % & <alle> davon für Straße 7',
    "Łukasz était à l'hôtel C:\\new\\table",
    "我姐姐下个月搬到柏林",
    "Моя бабушка живёт в Самаре",
    "내 여동생은 다음 달에 이사한다",
    "emoji 😀 für Ängste\tund Sorgen",
    "ガイドがﾊﾟﾘのベルギー人へ",
]

TRANSFORMATIONS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "repr of text": repr,
    "ascii of text": ascii,
    "repr of bytes": lambda text: repr(text.encode()),
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "URL, %20": lambda text: quote(text, safe=""),
    "URL, +": quote_plus,
    "URL twice": lambda text: quote(quote_plus(text)),
    "JSON in a URL": lambda text: quote(json.dumps(text)),
    "HTML": html.escape,
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "character references": lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
    "lower case": str.lower,
    "upper case": str.upper,
    "title case": str.title,
    "swapped case": str.swapcase,
    "upper case of repr": lambda text: repr(text).upper(),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "NFKC": lambda text: unicodedata.normalize("NFKC", text),
    "white space folded": lambda text: " ".join(text.split()),
    "white space spread": lambda text: " \n\t ".join(text.split()),
    "white space gone": lambda text: "".join(text.split()),
    "embedded": lambda text: f"ValueError: cannot store ({text}) in row 3",
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64, one byte on": lambda text: base64.b64encode(b"<" + text.encode() + b"--").decode(),
    "Base64, two bytes on": lambda text: base64.b64encode(b"<<" + text.encode() + b"-").decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "Base64 in text": lambda text: f"Basic {base64.b64encode(text.encode()).decode()} was refused",
    "Base64, cut": lambda text: base64.b64encode(b"<<" + text.encode() + b"-").decode()[2:-1],
    "Base64, cut further": lambda text: base64.b64encode(b"<" + text.encode() + b"--").decode()[1:-1],
    "Base64 in a URL": lambda text: quote(base64.b64encode(text.encode()), safe=""),
    "Base64 in a URL, twice": lambda text: quote(quote(base64.b64encode(text.encode()), safe="")),
    "Base64 in JSON, slashes escaped": lambda text: _escaped_base64(text, "+", "\\/"),
    "Base64 in JSON, plus escaped": lambda text: _escaped_base64(text, "\\u002B", "/"),
    "Base64 in HTML": lambda text: _escaped_base64(text, "&#43;", "&#x2F;"),
    "Base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "Base64 of Base64": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "Base64 of JSON": lambda text: base64.b64encode(json.dumps({"said": text}).encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal of Base64": lambda text: base64.b64encode(text.encode()).hex(),
}


def _escaped_base64(text: str, plus: str, slash: str) -> str:
    return base64.b64encode(text.encode()).decode().replace("+", plus).replace("/", slash)


TEXTS = st.text(max_size=60)


def holds_a_common_word(word: str) -> bool:
    plain = condense(expand(word))
    parts = (plain[start:end] for end in range(len(plain) + 1) for start in range(end - 1))
    return any(map(is_common, parts))


# What is left of a word when it is cut must not be a common word either: nobody could tell.
RARE_WORDS = st.text(alphabet="bcdfghjklmnpqrstvwxzé", min_size=3, max_size=12).filter(
    lambda word: not holds_a_common_word(word)
)


def knowing(*values: str, exact: bool = False) -> Content:
    content = Content()
    content.register(values, exact=exact)
    return content


def parts_that_tell(value: str) -> list[str]:
    """Prefixes, suffixes and middles of at least eight letters that hold a telling word or much of one."""
    words = [
        word.span()
        for word in re.finditer(r"[^\W_]+", value)
        if not is_common(condense(expand(word.group()))) or ord(word.group()[0]) > 0x2E7F
    ]
    found = []
    for start in range(0, len(value), 3):
        for end in {*range(start + 8, len(value), 7), len(value)}:
            part = value[start:end]
            whole = any(start <= first and last <= end for first, last in words)
            much = any(min(last, end) - max(first, start) >= WINDOW for first, last in words)
            if (whole or much) and len(condense(expand(part))) >= WINDOW:
                found.append(part)
    return found


def windows(text: str) -> set[str]:
    canonical = condense(expand(text))
    return {canonical[at : at + WINDOW] for at in range(len(canonical) - WINDOW + 1)}


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_every_part_that_tells_is_found_in_every_transformation(name: str) -> None:
    transform = TRANSFORMATIONS[name]
    tried = 0
    for value in (*TALK[::4], *TALK[-3:], *FOREIGN):
        content = knowing(value)
        for part in parts_that_tell(value)[::5]:
            tried += 1
            assert transform(part) in content, (name, part, transform(part))
    assert tried > 200


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_opaque_tokens_and_their_parts_are_found_in_every_transformation(name: str) -> None:
    transform = TRANSFORMATIONS[name]
    for token in (
        "cm_live_Zx81kQ0vPqLm72Ta",
        "5f0c1f9e-53d1-4f6a-9a2f-0f1c7f2be7aa",
        "correct horse battery",
    ):
        content = knowing(token, exact=True)
        for part in (token, token[:14], token[-14:], token[4:19]):
            assert transform(part) in content, (name, part)


def test_short_names_are_found_on_the_borders_of_words() -> None:
    content = knowing("acme", "Ibm", "10.0.0.12", "7.7.7.7", exact=True)
    for text in (
        "for acme.",
        "TENANT_ACME",
        "AcmeError",
        "acme2",
        "a=%22acme%22",
        "IBM",
        "at 10.0.0.12:",
        "7.7.7.7",
    ):
        assert text in content, text
    for text in ("acmes", "macme", "submit", "10.0.0.123", "200"):
        assert text not in content, text


def test_short_ordinary_values_are_found_whole_and_only_when_they_tell() -> None:
    content = knowing("Mirabel", "Bo & Mia", "timeout", "server", "blue", "ok", "42")
    assert content.remove("user Mirabel saw Bo & Mia") == (f"user {MARKER} saw {MARKER}", 2)
    for text in ("Mirabellen", "timeout", "server", "blue", "ok 42"):
        assert text not in content, text


@pytest.mark.parametrize("sentence", TALK)
def test_a_sentence_takes_nothing_from_ordinary_lines(sentence: str) -> None:
    content = knowing(sentence)
    assert [line for line in BENIGN if line in content] == []


def test_all_sentences_together_take_nothing_from_ordinary_lines_either() -> None:
    content = knowing(*TALK)
    alarms = [line for line in BENIGN if line in content]
    assert len(BENIGN) >= 300
    assert len(alarms) <= 0.005 * len(BENIGN), alarms


def test_opaque_tokens_take_nothing_from_ordinary_lines() -> None:
    tokens = [
        token
        for _ in range(100)
        for token in (secrets.token_urlsafe(32), str(uuid.uuid4()), secrets.token_hex(6))
    ]
    content = knowing(*tokens, exact=True)
    alarms = [line for line in BENIGN if line in content]
    assert len(alarms) <= 0.005 * len(BENIGN), alarms


def test_common_words_stay_until_they_are_a_quotation() -> None:
    content = knowing("why do I get password authentication failed for user every time")
    assert content.remove("authentication failed")[1] == 0
    assert content.remove("password authentication failed")[1] == 0
    assert content.remove("get password authentication failed for user every") == (MARKER, 1)


@pytest.mark.parametrize(
    "said", ["my test is positive", "I want to end it", "My child is dead", "he lost it again", "I am not ok"]
)
def test_a_few_common_words_about_a_person_are_found(said: str) -> None:
    assert knowing(said).remove(f"ValueError: {said}!") == (f"ValueError: {MARKER}!", 1)


def test_looking_for_content_loads_no_sdk() -> None:
    program = (
        "import sys, telemetry.privacy.content, telemetry.privacy.inbound, telemetry.privacy.inbound_headers;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'sentry_sdk'))])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_a_credential_of_common_words_is_found() -> None:
    assert "the password authentication failed" in knowing("password authentication", exact=True)


def test_what_is_removed_ends_at_the_borders_of_words() -> None:
    content = knowing("my daughter Lotte is allergic to peanuts")
    text = "IntegrityError: value (undaughter Lotte is allergic to pean…) is too long"
    assert content.remove(text) == (f"IntegrityError: value ({MARKER}…) is too long", 1)


def test_neighbouring_findings_are_one() -> None:
    content = knowing("Birgitta Sommerfeld", "Trondheim")
    assert content.remove("in Trondheim: Birgitta Sommerfeld!") == (f"in {MARKER}!", 1)


def test_markers_pass_untouched_whatever_is_registered() -> None:
    content = knowing("redacted", "content", "data", "redacted:content", "unlisted", exact=True)
    for marked in ("[redacted:content]", "[data]", "[redacted:unlisted]", "x [redacted:message] [data] y"):
        assert content.remove(marked) == (marked, 0)


def test_what_only_looks_like_a_marker_is_searched() -> None:
    assert knowing("acme", exact=True).remove("[redacted:acme]") == (f"[redacted:{MARKER}]", 1)


def test_a_child_finds_what_its_parent_finds_and_keeps_its_own_to_itself() -> None:
    parent = knowing("Lotte is allergic to peanuts")
    child = parent.child()
    child.register(["Henrik is stealing office supplies"])
    parent.register(["Theodora was the name of the aunt"])
    for text in ("Lotte is allergic", "Henrik is stealing", "Theodora was"):
        assert text in child
    assert "Henrik is stealing" not in parent


def test_descendants_far_below_still_find_everything() -> None:
    content = knowing("Lotte is allergic to peanuts")
    for number in range(12):
        content = content.child()
        content.register([f"Birgitta{number}Sommerfeld"])
    assert "Lotte is allergic" in content
    assert "Birgitta0Sommerfeld" in content


def test_copies_are_children_and_nothing_leaves_the_process() -> None:
    content = knowing("Lotte is allergic to peanuts")
    for twin in (copy.copy(content), copy.deepcopy(content)):
        assert "Lotte is allergic" in twin
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(content)


def test_nothing_is_kept_or_shown_in_clear() -> None:
    content = knowing("Lotte is allergic to peanuts", "acme")
    assert repr(content) == "<Content of 17 shingles>"
    for layer in content._layers:
        for kept in (layer.telling, layer.plain, layer.exact, layer.whole):
            assert all(type(item) is int for item in kept)


def test_what_does_not_fit_is_said_and_credentials_still_fit() -> None:
    content = knowing(*(secrets.token_urlsafe(4096) for _ in range(20)))
    assert content.overflowed
    assert content.child().overflowed
    assert sum(map(len, content._layers)) <= shingles.MOST_WINDOWS
    assert not knowing(*TALK).overflowed
    content.register(["cm_live_Zx81kQ0vPqLm72Ta"], exact=True)
    assert "cm_live_Zx81kQ0v" in content


def test_the_same_text_again_needs_no_room() -> None:
    value = secrets.token_urlsafe(30_000)
    assert not knowing(*[value] * 4).overflowed


def test_an_endless_value_is_said_not_to_fit() -> None:
    assert knowing("a" * (shingles.MOST_CHARACTERS + 1)).overflowed


def test_content_can_be_told_that_something_was_not_read() -> None:
    content = Content()
    content.mark_overflowed()
    assert content.overflowed
    assert not content


def test_an_empty_content_is_false_and_gives_texts_back_as_they_are() -> None:
    content = Content()
    text = "connection refused"
    assert not content
    assert content.remove(text)[0] is text
    assert knowing(text)
    assert knowing("Mirabel").remove(text)[0] is text


def test_a_single_text_is_one_value_and_what_is_no_text_is_ignored() -> None:
    content = Content()
    content.register("Lotte is allergic")
    content.register([None, 7, b"Henrik"])  # type: ignore[list-item]  # whatever callers have
    assert "Lotte is allergic" in content


def test_methods_of_a_text_of_the_application_are_not_called() -> None:
    class Trap(str):
        __slots__ = ()

        def __str__(self) -> str:
            raise AssertionError

        __getitem__ = __iter__ = __format__ = lower = casefold = strip = __str__  # type: ignore[assignment]

    content = knowing(Trap("Lotte is allergic"))
    assert content.remove(Trap("so Lotte is allergic")) == (f"so {MARKER}", 1)


def test_values_can_be_registered_while_texts_are_cleaned() -> None:
    content = knowing("Lotte is allergic to peanuts")
    errors: list[Exception] = []
    stop = threading.Event()

    def clean() -> None:
        try:
            while not stop.is_set():
                assert "so Lotte is allergic" in content
        except Exception as error:  # whatever it is, the test fails with it
            errors.append(error)

    threads = [threading.Thread(target=clean) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        content.register([secrets.token_urlsafe(48)])
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []


@given(st.lists(st.text(max_size=80), max_size=5), st.lists(TEXTS, max_size=3), TEXTS, st.booleans())
@example(["redacted content of what"], ["data"], "[redacted:content][data][redacted:", True)
def test_removing_is_total_and_done_once(
    values: list[str], exact: list[str], around: str, twice: bool
) -> None:
    content = knowing(*values)
    content.register(exact, exact=True)
    text = around + (json.dumps(" ".join(values)) if twice else " ".join((*values, *exact))) + around
    clean, count = content.remove(text)
    assert content.remove(clean) == (clean, 0)
    assert (clean == text) or count
    assert clean not in content


@given(
    st.lists(RARE_WORDS, min_size=2, max_size=8),
    st.sampled_from(sorted(TRANSFORMATIONS)),
    st.text(max_size=20),
    st.integers(0, 100),
    st.integers(0, 100),
)
@example(["éééé", "ééé", "bbéb"], "Base64, cut", "", 3, 0)
@example(["bbb", "ggg", "zéb", "bbb"], "Base64 in a URL", "", 1, 2)
@example(["zzzéé", "bbé", "xxxxxxxx"], "Base64 of Base64", "/", 4, 1)
def test_no_window_of_what_tells_is_left(
    words: list[str], name: str, around: str, before: int, more: int
) -> None:
    value = " ".join(words)
    start = before % (max(0, len(value) - 8) + 1)
    part = value[start : start + 8 + more % max(1, len(value) - start - 7)]
    content = knowing(value)
    clean, count = content.remove(f"{around} {TRANSFORMATIONS[name](part)} {around}")
    if len(condense(expand(part))) >= WINDOW:
        assert count
    for piece in clean.split(MARKER):
        assert not windows(piece) & windows(value)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_two_cut_words_are_found_with_a_short_common_word_between_them(name: str) -> None:
    content = knowing("bbb bbb prév bbb", "Johann user Bodil")
    for part in ("bb prév bb", "nn user Bo"):
        assert content.remove(f"({TRANSFORMATIONS[name](part)})")[1], part


def test_three_letters_of_two_cut_words_say_nothing() -> None:
    content = knowing("Johann server Bodil")
    assert content.remove("nn server B")[1] == 0
    assert content.remove("nn server Bodi")[1] == 1


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le", "utf-16-be"])
def test_encoded_texts_in_another_encoding_are_found(encoding: str) -> None:
    content = knowing("Jürgen Sørensen aus Malmö")
    for raw in ("Jürgen Sørensen".encode(encoding), "Sørensen aus Malmö".encode(encoding)):
        for encoded in (base64.b64encode(raw).decode(), raw.hex()):
            assert content.remove(f"Basic {encoded}") == (f"Basic {MARKER}", 1), encoded


def test_a_short_name_is_found_in_cut_base64() -> None:
    encoded = base64.b64encode(b"zz acme of the tenants").decode()
    content = knowing("acme", exact=True)
    for cut in range(4):
        assert encoded[cut:] in content, cut


@given(st.text(max_size=200) | st.text(alphabet="\\xu0045nt%25c&amp;#é́ß\u200b你ﬁ ", max_size=60))
def test_a_reading_knows_where_each_character_came_from(text: str) -> None:
    reading = Reading(text)
    assert reading.text == expand(text)
    assert len(condense(reading.text)) == sum(map(str.isalnum, reading.text))
    position = 0
    for at in range(len(reading.text)):
        start, end = reading.original_span(at, at + 1)
        assert position <= start < end <= len(text)
        position = start


ADVERSARIES = {
    "one letter": "a",
    "plain": "connection refused while reading ",
    "all content": "Birgitta moved to Trondheim ",
    "islands of content": "xx Trondheim with cats yy zzz ",
    "glued content": "Trondheimwithcats",
    "short names": "acme ",
    "escapes": "\\u0042irgitta\\n",
    "backslashes": "\\",
    "backslashes in URLs": "%5C",
    "percent signs": "%25",
    "broken percent signs": "%2",
    "ampersands": "&amp;",
    "accents": "é",
    "ideographs": "我姐姐",
    "Base64": "QmlyZ2l0dGEgbW92ZWQ",
    "Base64 of Base64": "UW1seVoybDBkR0VnYlc5MlpXUQ",
    "escaped Base64": "QmlyZ2l0%2BdGEg%252F\\/bW92ZWQ",
    "underscores": "_",
    "brackets": "[redacted:",
    "digits": "12 ",
    "humps": "aB",
}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_the_time_is_linear_whatever_the_text(name: str) -> None:
    content = knowing("Birgitta moved to Trondheim with cats", "connection refused")
    content.register(["acme"], exact=True)

    def seconds(size: int) -> float:
        text = (ADVERSARIES[name] * (size // len(ADVERSARIES[name]) + 1))[:size]
        began = time.process_time()
        content.remove(text)
        return time.process_time() - began

    # Sixteen times the text takes sixteen times as long; were it quadratic, it would be 256 times.
    small = max(min(seconds(20_000) for _ in range(3)), 1e-4)
    assert seconds(320_000) / small < 80


@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_huge_texts_are_cleaned(size: int) -> None:
    content = knowing("Birgitta moved to Trondheim with cats")
    text = "x" * size + " Birgitta moved to " + "y" * 20
    assert content.remove(text) == ("x" * size + f" {MARKER} " + "y" * 20, 1)


def test_a_registered_text_is_read_when_somebody_looks():
    content = Content()
    content.register(("a secret that was said aloud",))
    (layer, *_) = content._layers
    assert not layer.telling
    assert "said aloud" not in content.remove("she gave a secret that was said aloud")[0]
    assert layer.telling


def test_much_that_waits_is_read_at_once():
    content = Content()
    content.register(f"a text of number {number}" for number in range(shingles.MOST_WAITING + 1))
    assert not content._layers[0]._waiting


def test_text_is_withheld_while_it_cannot_be_known_what_was_registered(monkeypatch):
    monkeypatch.setattr(shingles, "_PATIENCE", 0.01)
    content = Content()
    content.register(("a secret that was said aloud",))
    with content._layers[0]._reading:  # as in a child that was forked while its parent read
        assert content.overflowed


def test_what_one_thread_reads_another_one_waits_for(monkeypatch):
    content = Content()
    content.register(("a secret that was said aloud",))
    layer = content._layers[0]
    add, started, go_on = layer.add, threading.Event(), threading.Event()

    def slowly(text, *, exact):
        started.set()
        go_on.wait(5)
        add(text, exact=exact)

    monkeypatch.setattr(shingles.Shingles, "add", lambda _, text, *, exact: slowly(text, exact=exact))
    first = threading.Thread(target=layer.settle)
    first.start()
    started.wait(5)
    assert not layer._waiting
    threading.Timer(0.05, go_on.set).start()
    assert content.holds("a secret that was said aloud")
    first.join()
