"""Parses a Sentry envelope into its header and items."""

from __future__ import annotations

from typing import Any, NamedTuple

from telemetry.inspector.decode import RefusedBodyError
from telemetry.inspector.plain import load_json

MAX_ITEMS = 1_000
"""Items accepted in one envelope."""


class Item(NamedTuple):
    """One item: its type, its whole header and its payload, undecoded."""

    type: str
    headers: dict[str, Any]
    payload: bytes


class Envelope(NamedTuple):
    """An envelope's header and items. The header may carry a DSN with its key: never keep it whole."""

    headers: dict[str, Any]
    items: list[Item]


def parse(body: bytes) -> Envelope:
    """Parse an envelope: a header line, then per item a header line and a payload, each ended by a newline.

    A payload without ``length`` ends at the next newline; the last newline of the envelope is optional.

    Raises:
        RefusedBodyError: 400 with what is wrong and in which item.

    """
    line, position = _line(body, 0)
    headers = _object(line, "The envelope's header")
    items: list[Item] = []
    while position < len(body):
        line, position = _line(body, position)
        if not line.strip():
            continue
        number = len(items) + 1
        if number > MAX_ITEMS:
            raise RefusedBodyError(400, f"The envelope has more than {MAX_ITEMS} items.")
        item = _object(line, f"The header of item {number}")
        kind = item.get("type")
        if not isinstance(kind, str) or not kind:
            raise RefusedBodyError(400, f"The header of item {number} has no type.")
        payload, position = _payload(body, position, item.get("length"), number)
        items.append(Item(kind, item, payload))
    return Envelope(headers, items)


def _line(body: bytes, start: int) -> tuple[bytes, int]:
    end = body.find(b"\n", start)
    return (body[start:], len(body)) if end < 0 else (body[start:end], end + 1)


def _payload(body: bytes, start: int, length: object, number: int) -> tuple[bytes, int]:
    if length is None:
        return _line(body, start)
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise RefusedBodyError(400, f"The length of item {number} is not a number of bytes.")
    end = start + length
    if end > len(body):
        raise RefusedBodyError(400, f"Item {number} is shorter than the length in its header.")
    if end < len(body) and body[end : end + 1] != b"\n" and body[end : end + 2] != b"\r\n":
        raise RefusedBodyError(400, f"Item {number} is longer than the length in its header.")
    return body[start:end], min(end + 1, len(body)) if body[end : end + 1] == b"\n" else min(
        end + 2, len(body)
    )


def _object(line: bytes, what: str) -> dict[str, Any]:
    value = load_json(line, what)
    if not isinstance(value, dict):
        raise RefusedBodyError(400, f"{what} is not a JSON object.")
    return value
