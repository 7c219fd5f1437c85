from __future__ import annotations

import re

import pytest
from corpus_catalogue import EXAMPLES
from corpus_said import WORDS

from telemetry.privacy import places
from telemetry.privacy.catalogue import CATALOGUE, templates_of
from telemetry.privacy.messages import MessageCleaner

SAMPLES = {
    "class": "ValueError",
    "codec": "utf-8",
    "columns": "(email, tenant)",
    "error": "NewConnectionError",
    "host": "localhost",
    "link": "20",
    "message": "Connection refused",
    "missing": "notes",
    "name": "users.email",
    "names": "'a' and 'b'",
    "number": "12",
    "operator": "+=",
    "pool": "HTTPConnection",
    "path": "notes.0.text",
    "sql": "SELECT a FROM t",
    "status": "503",
    "tls": "SSL",
    "type": "integer",
    "version": "2.14",
    "word": "List",
    "data": "'my sister Anna'",
    "content": "('my sister Anna',)",
}


def _raised(provoke):
    with pytest.raises(BaseException) as caught:  # each example raises its own
        provoke()
    error = caught.value
    kind = type(error)
    return str(error), f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def test_every_entry_has_examples():
    assert EXAMPLES.keys() == {entry.id for entry in CATALOGUE}


@pytest.mark.parametrize(
    ("entry", "message", "exception", "expected"),
    [(name, *example) for name, examples in EXAMPLES.items() for example in examples],
)
def test_an_example_keeps_its_own_words_and_loses_its_data(entry, message, exception, expected):
    if callable(message):
        message, exception = _raised(message)
    clean = MessageCleaner().clean(message, exception=exception)
    assert not [word for word in WORDS if word in clean]
    if expected is None:  # the words differ between releases
        assert clean.replace("[data]", "")
    else:
        assert clean == expected


TEXTS = [(entry, template) for entry in CATALOGUE for template in templates_of(entry)]


@pytest.mark.parametrize(
    ("entry", "template"), TEXTS, ids=[f"{entry.id}-{number}" for number, (entry, _) in enumerate(TEXTS)]
)
def test_every_text_stays_with_what_belongs_in_its_places(entry, template):
    message = template.filled(SAMPLES[kind] for kind in template.kinds)
    expected = template.filled(
        "[data]" if kind in ("data", "content") else SAMPLES[kind] for kind in template.kinds
    )
    exception = min(entry.whose, default=None)
    assert MessageCleaner(knows=lambda _: True).clean(message, exception=exception) == expected


@pytest.mark.parametrize(
    "template",
    [template for _, template in TEXTS if template.kinds],
    ids=lambda template: template.parts[0][:40],
)
def test_what_a_person_said_stays_in_no_place(template):
    said = "my sister Anna, lost: 'the' (baby)"
    for exception in (None, min(template.whose, default="ValueError")):
        clean = MessageCleaner().clean(template.filled(said for _ in template.kinds), exception=exception)
        assert not [word for word in WORDS if word in clean]


def test_every_kind_of_place_is_known():
    known = places.WORDS | places.CLOSED.keys() | places.OPEN.keys()
    assert {kind for _, template in TEXTS for kind in template.kinds} <= known


def test_the_texts_of_the_installed_pydantic_are_all_there():
    core = pytest.importorskip("pydantic_core._pydantic_core")
    shapes = {tuple(template.parts) for _, template in TEXTS}
    for error in core.list_all_errors():
        for key in ("message_template_python", "message_template_json"):
            text = error.get(key, "").replace("{expected_plural}", "s")
            assert not text or tuple(re.split(r"\{\w+\}", text)) in shapes, text


def test_examples_of_code_are_raised_by_code():
    made = [example for examples in EXAMPLES.values() for example in examples if callable(example[0])]
    assert len(made) >= 40
