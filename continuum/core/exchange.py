"""Export and import of a tenant's memories: lines of JSON, a page to a transaction."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import IntegrityError

import telemetry
from continuum.core import learning
from continuum.core.boundary import own_rows
from continuum.core.errors import MemoryNotFound
from continuum.core.records import Filters, Imported
from continuum.core.transfer import read_line, write_lines
from continuum.storage.memories import noted_provenance, page_memories, repeats_of, supersede_memory
from continuum.storage.storing import known_contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import sqlalchemy as sa

    from continuum.core.tenancy import Tenant
    from continuum.core.transfer import Record
    from continuum.storage.database import Database
    from continuum.storage.storing import NewMemory

_AT_ONCE: Final = 200


def export_lines(database: Database, tenant: Tenant) -> Iterator[str]:
    """All memories with their repeats, oldest first; what is learned meanwhile comes at the end."""
    after = ""
    while True:
        with database.read(tenant) as connection:
            rows = page_memories(connection, tenant, Filters(), _AT_ONCE, after=after)
            again = repeats_of(connection, tenant, [row.number for row in rows])
        if not rows:
            return
        telemetry.register_content(*(row.text for row in rows))
        for row in own_rows(tenant, rows):
            yield from write_lines(row, again[row.number])
        after = rows[-1].id


def import_lines(
    database: Database,
    tenant: Tenant,
    lines: Iterable[str | bytes],
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Store what isn't there; a text that is there gets the provenance that it lacks.

    Raises:
        InvalidRecord: a line has another form; what came pages before it is stored.

    """
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    count = new = 0
    # What took whose place, by the ids of the file; a memory gets another id where its own is taken.
    superseded: list[tuple[str, str]] = []
    renamed: dict[str, str] = {}
    while records := [read_line(line, number) for number, line in islice(numbered, _AT_ONCE)]:
        ids, fresh = _store_page(database, tenant, records)
        for record in records:
            ident = ids[record.memory.content]
            if record.memory.id not in {None, ident}:
                renamed[record.memory.id] = ident
            if record.superseded_by is not None:
                superseded.append((ident, record.superseded_by))
        new += fresh
        count += len(records)
        if progress is not None:
            progress(count)
    with database.write(tenant) as connection:
        for ident, by in superseded:
            # The file may be a part of an export, or the tenant may know better by now.
            with suppress(MemoryNotFound):
                supersede_memory(connection, tenant, ident, renamed.get(by, by))
    return Imported(count, new, count - new)


def _store_page(
    database: Database, tenant: Tenant, records: Sequence[Record]
) -> tuple[dict[tuple[str, str], str], int]:
    """The ids of the page's contents, and how many of them are new."""
    try:
        with database.write(tenant) as connection:
            return _store_missing(connection, tenant, records)
    except IntegrityError:
        # Another tenant has one of the ids: whoever copies a tenant within a database comes here.
        anew = [replace(record, memory=replace(record.memory, id=None)) for record in records]
        with database.write(tenant) as connection:
            return _store_missing(connection, tenant, anew)


def _store_missing(
    connection: sa.Connection, tenant: Tenant, records: Sequence[Record]
) -> tuple[dict[tuple[str, str], str], int]:
    before = known_contents(connection, tenant, [record.memory for record in records])
    noted = noted_provenance(connection, tenant, list(before.values()))
    wanted: list[NewMemory] = []
    for record in records:
        heard = noted.setdefault(before.get(record.memory.content, str(record.memory.content)), set())
        for memory in (record.memory, *record.repeats):
            provenance = (memory.session, memory.occurred_at, memory.created_at)
            if provenance not in heard:
                heard.add(provenance)
                wanted.append(memory)
    learning.store(connection, tenant, wanted)
    after = known_contents(connection, tenant, [record.memory for record in records])
    return after, len(after.keys() - before.keys())
