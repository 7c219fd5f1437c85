"""A batch: consecutive operations of a tenant's log, and how they are written; bounded in number and in size."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from continuum.storage.operations import Kind
    from continuum.storage.storing import NewMemory

FORMAT: Final = 1
MAX_CHANGES: Final = 500
MAX_BYTES: Final = 1024 * 1024
"""Of a batch as it is sent."""
MAX_INFLATED: Final = 4 * 1024 * 1024
GZIP: Final = 31
"""zlib's word for: gzip alone, and its largest window."""


@dataclass(frozen=True)
class Change:
    """One operation; ``said`` is what it says, unless that was forgotten since."""

    origin: str
    sequence: int
    kind: Kind
    clock: int = 0
    memory_id: str = ""
    reference: str | None = None
    said: NewMemory | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Batch:
    """What one instance tells another: who it is, what it has of whom, and operations in the order of its log.

    ``cursor`` is where the next batch begins; ``more`` says that there is one.
    """

    instance: str
    known: dict[str, int]
    changes: Sequence[Change]
    cursor: str = field(default="", repr=False)
    more: bool = False


def pack(batch: Batch) -> bytes:
    """Write a batch as gzipped JSON."""
    body = {
        "format": FORMAT,
        "instance": batch.instance,
        "known": batch.known,
        "cursor": batch.cursor,
        "more": batch.more,
        "changes": [_written(change) for change in batch.changes],
    }
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(wbits=GZIP)
    return packer.compress(written) + packer.flush()


def size_of(change: Change) -> int:
    """About how many bytes a change has in a batch."""
    if change.said is None:
        return 200
    # As written: a control character has six bytes.
    said = json.dumps([change.said.text, change.said.metadata], ensure_ascii=False)
    return 800 + len(said.encode())


def _written(change: Change) -> dict[str, Any]:
    row: dict[str, Any] = {"origin": change.origin, "sequence": change.sequence, "kind": change.kind}
    if change.kind == "withheld":
        return row
    row |= {"clock": change.clock, "memory_id": change.memory_id}
    if change.reference is not None:
        row["reference"] = change.reference
    if (said := change.said) is not None:
        row["said"] = {
            "role": said.role,
            "text": said.text,
            "session": said.session,
            "occurred_at": None if said.occurred_at is None else said.occurred_at.isoformat(),
            "created_at": None if said.created_at is None else said.created_at.isoformat(),
            "metadata": said.metadata,
            "importance": said.importance,
        }
    return row
