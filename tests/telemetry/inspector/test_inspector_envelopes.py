"""Envelopes are read as Sentry's data model describes them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspector_samples import error_envelope, error_event
from sentry_sdk.envelope import Envelope, Item, PayloadRef

from telemetry.inspector.decode import RefusedBodyError
from telemetry.inspector.envelopes import parse
from telemetry.inspector.sentry_error import read_error


def test_the_sdks_own_serialisation_is_read_back() -> None:
    envelope = Envelope(headers={"event_id": "a" * 32})
    envelope.add_item(Item(PayloadRef(bytes=b"one\ntwo\n\n"), type="attachment"))
    envelope.add_event({"message": "é\n"})
    envelope.add_item(Item(PayloadRef(bytes=b""), type="session"))
    parsed = parse(envelope.serialize())
    assert parsed.headers == {"event_id": "a" * 32}
    assert [(item.type, item.payload) for item in parsed.items] == [
        ("attachment", b"one\ntwo\n\n"),
        ("event", json.dumps({"message": "é\n"}, separators=(",", ":")).encode()),
        ("session", b""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{}\n{"type":"event"}\n{}\n{"type":"session"}\n{"x":1}\n',
        b'{}\n{"type":"event"}\n{}\n{"type":"session"}\n{"x":1}',
        b'{}\n{"type":"event","length":2}\n{}\n{"type":"session","length":7}\n{"x":1}\n\n',
        b'{}\r\n{"type":"event","length":2}\r\n{}\r\n{"type":"session","length":7}\r\n{"x":1}',
    ],
    ids=["implicit length", "no last newline", "explicit length", "carriage returns"],
)
def test_items_end_by_length_or_by_newline(body: bytes) -> None:
    assert [(item.type, item.payload) for item in parse(body).items] == [
        ("event", b"{}"),
        ("session", b'{"x":1}'),
    ]


def test_an_envelope_without_items_is_fine() -> None:
    assert parse(b"{}").items == parse(b"{}\n").items == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "header is not valid JSON"),
        (b"[]", "header is not a JSON object"),
        (b'{}\n{"length":1}\nx', "item 1 has no type"),
        (b'{}\n{"type":"event","length":9}\n{}', "shorter than the length"),
        (b'{}\n{"type":"event","length":1}\n{}', "longer than the length"),
        (b'{}\n{"type":"event","length":"2"}\n{}', "not a number of bytes"),
        (b'{}\n{"type":"event","length":-2}\n{}', "not a number of bytes"),
        (b"{}\nnope", "header of item 1 is not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"{}\n" + b'{"type":"log"}\n\n' * 1001, "more than 1000 items"),
    ],
)
def test_a_malformed_envelope_is_refused_with_its_reason(body: bytes, sentence: str) -> None:
    with pytest.raises(RefusedBodyError, match=sentence) as refused:
        parse(body)
    assert refused.value.status == 400


@given(st.binary(max_size=300))
def test_nonsense_never_breaks_the_parser(body: bytes) -> None:
    statuses = set()
    for candidate in (body, b"{}\n" + body, error_envelope("1" * 32, "2" * 16)[: len(body) * 9]):
        try:
            parse(candidate)
        except RefusedBodyError as refused:
            statuses.add(refused.status)
    assert statuses <= {400}


def test_an_error_keeps_its_causes_frames_and_link() -> None:
    error = read_error(error_event("1" * 32, "2" * 16), None)
    assert (error["trace_id"], error["span_id"]) == ("1" * 32, "2" * 16)
    assert [value["type"] for value in error["exceptions"]] == ["ConnectionResetError", "OperationalError"]
    assert [frame["in_app"] for frame in error["exceptions"][1]["frames"]] == [False] * 2 + [True] * 2 + [
        False
    ] * 4
    assert error["type"] == "OperationalError"
    assert error["handled"] is False
    assert error["redactions"] == {"memory-text": 2, "Filtered": 1, "dsn": 1}


def test_a_message_event_shows_its_formatted_text() -> None:
    error = read_error(
        {"logentry": {"message": "hello %s", "formatted": "hello you"}, "level": "warning"}, "e" * 32
    )
    assert (error["type"], error["value"], error["event_id"]) == ("Message", "hello you", "e" * 32)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "exception",
    "breadcrumbs",
    "contexts",
    "user",
    "tags",
    "request",
    "timestamp",
    "level",
    "sdk",
    "logentry",
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON | st.fixed_dictionaries({"values": st.lists(JSON)})))
def test_an_event_of_any_shape_becomes_an_error_that_can_be_shown(event: dict[str, object]) -> None:
    shown = json.dumps(read_error(event, None), allow_nan=False, ensure_ascii=False).encode()
    assert "event_id" in json.loads(shown)
