"""A planted text is found in whatever form it was written down, and is never shown."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.testing.canaries import Canaries
from telemetry.testing.leaks import find, find_all
from telemetry.testing.sink import Received

WRITERS = {
    "raw": lambda text: text,
    "upper case": str.upper,
    "%20": urllib.parse.quote,
    "%20, nothing safe": lambda text: urllib.parse.quote(text, safe=""),
    "+": urllib.parse.quote_plus,
    "lower-case %": lambda text: urllib.parse.quote(text, safe="'").lower(),
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1]),
    "all escaped": lambda text: "".join(
        f"\\u{unit:04X}" for unit in memoryview(text.encode("utf-16")[2:]).cast("H")
    ),
    "HTML": html.escape,
    "HTML references": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "HTML hexadecimal references": lambda text: "".join(f"&#x{ord(letter):X};" for letter in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, shifted by 1": lambda text: base64.b64encode(b"?" + text.encode() + b"~").decode(),
    "base64, shifted by 2": lambda text: base64.b64encode(b"??" + text.encode() + b"~~").decode(),
    "url-safe base64": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "url-safe base64, shifted by 1": lambda text: base64.urlsafe_b64encode(b">" + text.encode()).decode(),
    "url-safe base64, shifted by 2": lambda text: base64.urlsafe_b64encode(b">>" + text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "upper-case hex": lambda text: text.encode().hex().upper(),
}
# Printable, and unlike what is put around it. Folding some letters isn't reversible: upper("ß") is "SS".
TEXTS = st.text(
    st.characters(categories=["Ll", "Lu", "Nd", "Po", "So", "Zs"], exclude_characters="~?\\").filter(
        lambda letter: letter.upper().lower() == letter.lower() and len(letter.upper()) == 1
    ),
    min_size=4,
    max_size=40,
).filter(lambda text: sum(map(str.isalnum, text)) >= 4 and text == text.strip())


def received(body: str | bytes, path: str = "/", headers: dict[str, str] | None = None) -> Received:
    data = body if isinstance(body, bytes) else body.encode()
    return Received(path, headers or {}, data, data, 200, 0.0)


@pytest.mark.parametrize("writer", WRITERS)
@given(text=TEXTS)
def test_every_text_is_found_in_every_form_at_every_place(writer, text):
    written = WRITERS[writer](text)
    for request in (
        received(f"~{written}~"),
        received("", f"/{written}"),
        received("", headers={"X": written}),
    ):
        assert find(text, [request])


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", ["token", "sentence"])
def test_a_canary_is_found_in_every_form_and_no_piece_of_it_is_shown(writer, kind):
    canaries = Canaries()
    text = canaries("x") if kind == "token" else canaries.sentence("x")
    hits = find_all(canaries.planted, [received("before it " + WRITERS[writer](text) + " after it")])
    assert hits
    for hit in hits:
        shown = str(hit)
        assert "█" in shown
        for form in WRITERS.values():
            written = form(text)
            assert not [at for at in range(len(written) - 7) if written[at : at + 8] in shown]


@given(st.data())
def test_any_eight_characters_are_found_also_in_base64_and_hex(data):
    text = Canaries()("x")
    first = data.draw(st.integers(0, len(text) - 8))
    piece = text[first : first + data.draw(st.integers(8, len(text) - first))]
    shift = data.draw(st.integers(0, 2))
    writers = (
        lambda text: text,
        str.upper,
        lambda text: base64.b64encode(b"?" * shift + text.encode() + b"?").decode(),
        lambda text: text.encode().hex(),
    )
    for written in (write(piece) for write in writers):
        assert find(text, [received(f"~{written}~")])


def test_words_are_found_with_other_characters_between_them():
    assert [hit.form for hit in find("she said no", [received("x: She_Said-NO.")])] == ["its words"]


def test_what_was_found_of_one_text_shows_nothing_of_another():
    canaries = Canaries()
    one, other = canaries("one"), canaries.sentence("other")
    hits = find_all(canaries.planted, [received(f"{one} {other}")])
    assert [(hit.label, hit.offset, hit.around) for hit in hits] == [("one", 0, "█ █"), ("other", 21, "█ █")]


def test_a_place_names_what_stands_around():
    (hit,) = find("a-secret-text", [received(b'\x01{"key": "a-secret-text", "then": 1}', "/v1/logs?x=1")])
    assert str(hit) == 'canary: raw in the body of /v1/logs at 10: \\x01{"key": "█", "then": 1}'


@pytest.mark.parametrize("body", ["acme", "db_acme", "x=ACME&", "%61cme", "\\u0061cme", "&#97;cme"])
def test_a_tenant_is_found_as_a_word(body):
    assert find_all({}, [received(body)], tenants=["acme"])


@pytest.mark.parametrize("body", ["acmes", "pacme", "4acme", ""])
def test_a_tenant_is_not_found_in_other_words(body):
    assert not find_all({}, [received(body)], tenants=["acme"])


def test_a_long_tenant_is_found_in_every_form():
    tenant = "acme-industries"
    for write in WRITERS.values():
        assert find_all({}, [received(write(tenant))], tenants=[tenant])


def test_canaries_differ_and_labels_are_kept_apart():
    canaries = Canaries()
    texts = [canaries("x"), canaries("x"), canaries.sentence("x")]
    assert dict(zip(("x", "x (2)", "x (3)"), texts, strict=True)) == canaries.planted
    assert len(set(texts)) == 3
    assert len(texts[2].split()) > 5


def test_a_text_that_would_be_found_by_chance_is_refused():
    with pytest.raises(ValueError, match="4 characters or more"):
        Canaries().remember("pin", "123")
