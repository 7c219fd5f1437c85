from __future__ import annotations

import importlib.util
import os
import py_compile
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.privacy import literals
from telemetry.privacy.literals import loaded_module, templates_in, templates_of
from telemetry.privacy.templates import Template


def _holes(source, message):
    """The holes of the best template in some source that makes a message; None without one."""
    return next((match.holes for match in templates_of(source).matches(message)), None)


@pytest.fixture
def load(tmp_path):
    """Writes a module, imports it and forgets it afterwards."""
    names = []

    def make(source, name="foreign_module"):
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


@pytest.mark.parametrize(
    ("expression", "message", "holes"),
    [
        ('f"could not index {x}"', "could not index Anna", ("Anna",)),
        ('f"could not index {x!r:>10} of {y.z[0]}"', "could not index 'a' of b", ("'a'", "b")),
        ('"could not index %s in %.2f s" % (x, y)', "could not index Anna in 0.12 s", ("Anna", "0.12")),
        ('"could not index %(what)s, 100%%" % x', "could not index Anna, 100%", ("Anna",)),
        ('"could not index {}, {{ok}}".format(x)', "could not index Anna, {ok}", ("Anna",)),
        ('"could not index {0.name!r:>{width}}".format(x)', "could not index 'Anna'", ("'Anna'",)),
        ('"could not index " + x + ", sorry"', "could not index Anna, sorry", ("Anna",)),
        ('"could not " "index " f"{x}" " at all"', "could not index Anna at all", ("Anna",)),
        ('("could not index %s" + " at " + y) % x', "could not index Anna at home", ("Anna", "home")),
        ('("could not "\n    "index it")', "could not index it", ()),
        ('"could not index %s"', "could not index Anna", ("Anna",)),
        ('_("could not index {name}")', "could not index Anna", ("Anna",)),
        ('dedent("""\\\n    could not\n    index it\n    """)', "could not\nindex it", ()),
        ("f\"could not index {f('not at all ready')}\"", "not at all ready", ()),
    ],
)
def test_strings_become_templates_and_placeholders_become_holes(expression, message, holes):
    assert _holes(f"def go(x, y):\n    raise ValueError({expression})\n", message) == holes


def test_a_message_that_is_put_together_in_steps_is_one_template():
    source = 'def go(x):\n    message = f"no index {x}"\n    message += ", and none in sight"\n'
    assert _holes(source, "no index Anna, and none in sight") == ("Anna",)


@pytest.mark.parametrize(
    "source",
    [
        '"""The index of Anna is not here."""\n',
        'def f():\n    """The index of Anna is not here."""\n',
        'class C:\n    """The index of Anna is not here."""\n    x = 1\n    """The index of Anna is not here."""\n',
        'async def f():\n    """The index of Anna is not here."""\n    return 1\n',
        "# The index of Anna is not here.\n",
        "x = {'a': b'The index of Anna is not here.'}\n",
    ],
)
def test_what_nobody_can_raise_is_no_template(source):
    assert _holes(source, "The index of Anna is not here.") is None


@pytest.mark.parametrize(
    ("source", "message", "kept"),
    [
        # Where programs speak, a word is enough.
        ('raise ValueError("no")', "no", True),
        ('log.info("no")', "no", True),
        ('class E(Exception):\n    def __str__(self):\n        return "no"\n', "no", True),
        ('class E(Exception):\n    message = "no"\n', "no", True),
        ('assert x, "no"', "no", True),
        ('with tracer.start_as_current_span("no"):\n    pass', "no", True),
        # Elsewhere a person may say the same word by chance.
        ('ANSWERS = ["yes", "no"]', "no", False),
        ('raise ValueError(answers["no"])', "no", False),
        ('raise ValueError(x if y == "no" else z)', "no", False),
        ("raise ValueError(f\"{x['no']}\")", "no", False),
        ('color = "light green"', "light green", False),
        ('TEXT = "the index is being built"', "the index is being built", True),
        # Holes that nothing holds together would take whatever comes.
        ('raise ValueError(f"{x}: {y}")', "Anna: lost", False),
        ('raise ValueError("%s" % x)', "Anna", False),
        ('raise ValueError(f"bad {x}")', "bad Anna", False),
        ('raise ValueError(f"too bad {x}")', "too bad Anna", True),
        ('key = f"user:{x}"', "user:Anna", False),
        ('key = f"index of {x} not found"', "index of Anna not found", True),
    ],
)
def test_short_strings_count_only_where_programs_speak(source, message, kept):
    assert (_holes(source, message) is not None) is kept


@pytest.mark.parametrize(
    "source",
    [
        'if x:\n    def f():\n        return 1\nelse:\n    def f():\n        raise E("no second one")\n',
        'TEXT = """\ndef f():\n    return 1\nclass C:\n    pass\n"""\nraise E("no second one")\n',
        '@decorator(\n    "x",\n)\n@other\ndef f():\n    raise E("no second one")\n',
        'class C:\n    @property\n    def f(self):\n        raise E("no second one")\n\nX = 1\n',
        "x = (\n" + "    'a'\n" * 3 + ")\n" + '"""' + "\ndef f\n" * 60 + '"""\nraise E("no second one")\n',
    ],
)
def test_a_file_is_read_in_pieces_wherever_its_borders_seem_to_be(source):
    assert _holes(source, "no second one") == ()


@pytest.mark.parametrize(
    "source", ["def (", "\0", "x = '" + "é" * 10, "(" * 500, "a" + "+a" * 3000, "x = " + "-" * 5000 + "1"]
)
def test_what_is_no_python_has_no_templates(source):
    assert len(templates_of(source)) == 0


def test_only_files_of_loaded_modules_are_opened(tmp_path, load, monkeypatch):
    secret = tmp_path / "secret.py"
    secret.write_text('raise ValueError("the password is swordfish")')
    opened = []
    monkeypatch.setattr(literals.Path, "read_bytes", lambda self: opened.append(str(self)) or b"")
    for path in (str(secret), "/etc/passwd", "<string>", "", "secret.py", "\0"):
        assert len(templates_in(path)) == 0
    assert opened == []


def test_a_loaded_modules_templates_are_read_once_and_again_when_it_changes(load):
    module = load('def go():\n    raise ValueError("the index is gone")\n')
    path = module.__file__
    assert loaded_module(path) == "foreign_module"
    first = templates_in(path)
    assert next(first.matches("the index is gone"))
    assert templates_in(path) is first
    with open(path, "w") as file:  # noqa: PTH123  # a path in a string, as frames have it
        file.write('def go():\n    raise ValueError("the index came back")\n')
    os.utime(path, (1, 1))
    assert next(templates_in(path).matches("the index came back"))


def test_large_files_are_left_alone(load, monkeypatch):
    monkeypatch.setattr(literals, "MAX_BYTES", 10)
    assert len(templates_in(load('raise_it = "the index is gone"\n').__file__)) == 0


def test_without_source_the_strings_in_the_code_objects_speak(load, tmp_path):
    module = load(
        'class C:\n    @staticmethod\n    def go(x):\n        """No message at all."""\n'
        '        raise ValueError("the index of %s is gone", x)\n'
    )
    os.unlink(module.__file__)  # noqa: PTH108  # a path in a string, as frames have it
    index = templates_in(module.__file__)
    assert next(index.matches("the index of Anna is gone")).holes == ("Anna",)
    assert not list(index.matches("No message at all."))


def test_a_module_without_source_is_known_by_the_source_that_its_frames_name(load, tmp_path):
    source = tmp_path / "bare.py"
    source.write_text('def go():\n    raise ValueError("the index is gone")\n')
    compiled = py_compile.compile(str(source), cfile=str(tmp_path / "bare.pyc"))
    source.unlink()
    spec = importlib.util.spec_from_file_location("bare", compiled)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bare"] = module
    try:
        spec.loader.exec_module(module)
        assert next(templates_in(str(source)).matches("the index is gone"))
    finally:
        del sys.modules["bare"]


# --- Matching ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "text", "holes", "certain"),
    [
        (("a ", " b"), "a x b", ("x",), True),
        (("a ", " b"), "a b", None, True),
        (("", ": ", ""), "x: y", ("x", "y"), True),
        (("", ": ", ""), "x: y: z", ("x", "y: z"), False),
        (("", " of ", " in ", ""), "a of b in c", ("a", "b", "c"), True),
        (("", " of ", " in ", ""), "a in b of c in d", ("a in b", "c", "d"), True),
        (("", "aa", ""), "aaa", ("", "a"), False),
        (("x",), "x", (), True),
        (("x",), "xy", None, True),
    ],
)
def test_a_match_says_whether_it_is_the_only_one(parts, text, holes, certain):
    match = Template(parts).match(text)
    if holes is None:
        assert match is None
    else:
        assert (match.holes, match.certain) == (holes, certain)


@given(st.lists(st.text(alphabet="ab ", min_size=1, max_size=3), min_size=2, max_size=5), st.data())
def test_what_a_template_made_it_takes_apart_again(parts, data):
    template = Template(tuple(parts))
    holes = data.draw(
        st.lists(st.text(alphabet="ab c", max_size=4), min_size=len(parts) - 1, max_size=len(parts) - 1)
    )
    text = template.filled(holes)
    match = template.match(text)
    assert template.filled(match.holes) == text
    if match.certain:
        assert match.holes == tuple(holes)
