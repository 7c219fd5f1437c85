"""A memory as one line of an export."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import telemetry
from continuum.core.errors import ContinuumError, InvalidRecord
from continuum.core.provenance import (
    checked_importance,
    checked_metadata,
    checked_role,
    checked_session,
    checked_time,
)
from continuum.core.texts import checked_text
from continuum.core.uuid7 import is_uuid
from continuum.storage.storing import NewMemory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

LINE_FORM: Final = "a line of an export: a JSON object with role, text, created_at and what else there is"
# What a request may bring. A text of 64 KiB whose every byte is escaped and its metadata have half a megabyte.
MAX_LINE_BYTES: Final = 4 * 1024 * 1024
_MOST_OF_REPEATS: Final = 256 * 1024
_FIELDS: Final = frozenset(
    {"id", "role", "text", "session", "occurred_at", "created_at", "importance", "metadata", "superseded_by",
     "repeats"}
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """A line that was read: the memory, when it came again, and what took its place."""

    memory: NewMemory
    repeats: list[NewMemory] = field(repr=False)
    superseded_by: str | None


def write_lines(row: sa.Row[Any], repeats: Sequence[sa.Row[Any]]) -> Iterator[str]:
    """One memory and its repeats as a line of JSON, without its end; as several, where it came very often.

    Each has the whole memory, and is a record by itself.
    """
    line = {"id": row.id, "role": row.role, "text": row.text, **_said(row), "importance": row.importance}
    if row.superseded_by is not None:
        line["superseded_by"] = row.superseded_by
    some: list[dict[str, Any]] = []
    size = 0
    for repeat in map(_said, repeats):
        size += len(json.dumps(repeat))
        if some and size > _MOST_OF_REPEATS:
            yield json.dumps(line | {"repeats": some}, ensure_ascii=False)
            some, size = [], len(json.dumps(repeat))
        some.append(repeat)
    yield json.dumps(line | {"repeats": some} if some else line, ensure_ascii=False)


def read_line(line: str | bytes, number: int) -> Record:
    """Read a line of an export; its text is registered with telemetry as soon as it is one.

    Raises:
        InvalidRecord: it hasn't the form; the line's number is told and nothing of the line.

    """
    try:
        return _record(line)
    except (ContinuumError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # What is wrong with a value can't be told without the value.
        raise InvalidRecord(f"expected {LINE_FORM}", line=number) from None


def _record(line: str | bytes) -> Record:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError("too long")
    found = json.loads(line)
    if isinstance(found, dict) and isinstance(found.get("text"), str):
        telemetry.register_content(found["text"])
    if not found.keys() <= _FIELDS:
        raise ValueError("unknown fields")
    ident, successor = found.get("id"), found.get("superseded_by")
    if not all(name is None or is_uuid(name) for name in (ident, successor)):
        raise ValueError("no id")
    memory = _heard(
        found,
        NewMemory(checked_role(found["role"]), checked_text(found["text"]), None, None, {}, id=ident,
                  importance=checked_importance(found.get("importance", 0.5))),
    )  # fmt: skip
    repeats = [_heard(repeat, memory) for repeat in found.get("repeats", [])]
    return Record(memory, repeats, successor)


def _said(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "session": row.session,
        "occurred_at": None if row.occurred_at is None else row.occurred_at.isoformat(),
        "created_at": row.created_at.isoformat(),
        "metadata": row.metadata,
    }


def _heard(found: dict[str, Any], memory: NewMemory) -> NewMemory:
    occurred_at, metadata = found.get("occurred_at"), found.get("metadata", {})
    if not isinstance(metadata, dict):
        raise TypeError("no object")
    return replace(
        memory,
        session=checked_session(found.get("session")),
        occurred_at=None if occurred_at is None else checked_time(datetime.fromisoformat(occurred_at)),
        created_at=checked_time(datetime.fromisoformat(found["created_at"])),
        metadata=checked_metadata(metadata),
    )
