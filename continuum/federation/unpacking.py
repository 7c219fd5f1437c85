"""A batch is read: bounded, strictly, and without a word of it in an error."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, get_args

import telemetry
from continuum.core.errors import ContinuumError
from continuum.core.provenance import (
    checked_importance,
    checked_metadata,
    checked_role,
    checked_session,
    checked_time,
)
from continuum.core.texts import checked_text
from continuum.core.uuid7 import is_uuid
from continuum.federation.batches import FORMAT, GZIP, MAX_CHANGES, MAX_INFLATED, Batch, Change
from continuum.federation.errors import BatchRefused, FormatNewer
from continuum.storage.operations import Kind
from continuum.storage.storing import NewMemory

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_INSTANCES: Final = 10_000
_MAX_NUMBER: Final = 2**63 - 1
_KINDS: Final = frozenset(get_args(Kind)) - {"move"}


def unpack(body: bytes) -> Batch:
    """Read a batch; its texts are registered with telemetry before anything is done with them.

    Raises:
        FormatNewer: a later version wrote it.
        BatchRefused: it is torn, too large, or hasn't the form; ``values["change"]`` counts from 0.

    """
    found = _json(_inflated(body))
    if not isinstance(found, dict):
        raise BatchRefused("a batch is a JSON object, gzipped")
    version = found.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise FormatNewer("the batch was written by a later version of continuum: update this instance")
    changes = found.get("changes")
    if not isinstance(changes, list) or len(changes) > MAX_CHANGES:
        raise BatchRefused(f"a batch has a list of at most {MAX_CHANGES} changes")
    telemetry.register_content(*_texts(changes))
    read = [_change(change, index) for index, change in enumerate(changes)]
    known = found.get("known")
    if (
        version != FORMAT
        or found.keys() != {"format", "instance", "known", "cursor", "more", "changes"}
        or not _is_id(found["instance"])
        or not isinstance(known, dict)
        or len(known) > _MAX_INSTANCES
        or not all(_is_id(name) and _is_number(number) for name, number in known.items())
        or not isinstance(found["cursor"], str)
        or not isinstance(found["more"], bool)
    ):
        raise BatchRefused("a batch has format, instance, known, cursor, more and changes, and nothing else")
    return Batch(found["instance"], known, read, found["cursor"], found["more"])


def _inflated(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=GZIP)
    try:
        # One byte more than allowed is enough to know; the rest is never made.
        inflated = unpacker.decompress(body, MAX_INFLATED + 1)
    except zlib.error:
        raise BatchRefused("a batch is gzipped, and arrives whole") from None
    if len(inflated) > MAX_INFLATED:
        raise BatchRefused(f"a batch has at most {MAX_INFLATED} bytes when it is unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise BatchRefused("a batch is gzipped, and arrives whole")
    return inflated


def _json(inflated: bytes) -> Any:
    try:
        return json.loads(inflated)
    except (ValueError, RecursionError):
        # The error would quote what was said.
        raise BatchRefused("a batch is a JSON object, gzipped") from None


def _texts(changes: Sequence[Any]) -> list[str]:
    said = [change.get("said") for change in changes if isinstance(change, dict)]
    texts = [one.get("text") for one in said if isinstance(one, dict)]
    return [text for text in texts if isinstance(text, str)]


def _change(found: Any, index: int) -> Change:
    try:
        return _checked(**found)
    except (ContinuumError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # What is wrong with a value can't be told without the value.
        raise BatchRefused("a change of the batch has no accepted form", change=index) from None


def _checked(
    *,
    origin: Any,
    sequence: Any,
    kind: Any,
    clock: Any = 0,
    memory_id: Any = "",
    reference: Any = None,
    said: Any = None,
) -> Change:
    if not (_is_id(origin) and _is_number(sequence) and sequence and kind in _KINDS and _is_number(clock)):
        raise ValueError("no operation")
    if kind == "withheld":
        return Change(origin, sequence, kind)
    if not _is_id(memory_id) or not _is_reference(kind, reference):
        raise ValueError("no ids")
    if said is not None and kind not in {"learn", "repeat"}:
        raise ValueError("says nothing")
    return Change(
        origin, sequence, kind, clock, memory_id, reference, None if said is None else _said(**said)
    )


def _said(
    *, role: Any, text: Any, session: Any, occurred_at: Any, created_at: Any, metadata: Any, importance: Any
) -> NewMemory:
    if not isinstance(metadata, dict):
        raise TypeError("no object")
    return NewMemory(
        checked_role(role),
        checked_text(text),
        checked_session(session),
        None if occurred_at is None else checked_time(datetime.fromisoformat(occurred_at)),
        checked_metadata(metadata),
        checked_importance(importance),
        created_at=checked_time(datetime.fromisoformat(created_at)),
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and is_uuid(value)


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MAX_NUMBER


def _is_reference(kind: str, reference: Any) -> bool:
    if kind == "supersede":
        return _is_id(reference)
    if kind == "withdraw":
        origin, _, sequence = reference.partition("/")
        return _is_id(origin) and sequence.isascii() and sequence.isdigit() and len(sequence) < 20
    return reference is None
