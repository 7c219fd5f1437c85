"""What a memory is found by: its words, those said around it, and the day."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from continuum.storage.prepared import AnyOf, Prepared
from continuum.storage.tables import memories

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from continuum.core.tenancy import Tenant

    _Row = tuple[Any, ...]

# So many memories before one, and as many after it, tell what it is about.
REACH: Final = 2
# A long document beside a short remark would be all that the remark is found by. Hardly anybody writes messages of
# more words; assistants do.
_MOST_WORDS = 100
_MOST_CHARACTERS = 2000
_BEGINNING = re.compile(rf"(?:[^\w\u0300-\u036f]*[\w\u0300-\u036f]+){{0,{_MOST_WORDS}}}")
# Of a row: number, text, moment.
_NUMBER, _TEXT = 0, 1
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH_BEGINNINGS = frozenset(month[:3].casefold() for month in _MONTHS)


@dataclass(frozen=True)
class Document:
    """One memory as an index holds it."""

    number: int
    text: str = field(repr=False)
    near: str = field(repr=False)
    far: str = field(repr=False)
    day: str


def with_added(
    connection: sa.Connection, tenant: Tenant, sessions: Mapping[int, str | None]
) -> Iterator[Document]:
    """The documents of memories that have become current, and those they change: sessions by their numbers."""
    alone = [number for number, session in sessions.items() if session is None]
    for row in _ALONE.rows(connection, {"tenant": tenant.number, "numbers": alone}) if alone else ():
        yield _document(row, (), ())
    for session, added in _by_session(sessions):
        rows = _window(connection, tenant, session, added)
        places = [index for index, row in enumerate(rows) if row[_NUMBER] in sessions]
        near = {place for index in places for place in range(index - REACH, index + REACH + 1)}
        yield from _around(rows, near)


def without_removed(
    connection: sa.Connection, tenant: Tenant, numbers: Collection[int]
) -> Iterator[Document]:
    """The documents that other current memories have once these are gone, where it makes a difference."""
    query = {"tenant": tenant.number, "numbers": list(numbers)}
    sessions: dict[int, str | None] = dict(_SESSIONS.rows(connection, query))
    for session, removed in _by_session(sessions):
        rows = [row for row in _window(connection, tenant, session, removed) if row[_NUMBER] not in sessions]
        left = [row[_NUMBER] for row in rows]
        gaps = {bisect_left(left, number) for number in removed}
        yield from _around(rows, {place for gap in gaps for place in range(gap - REACH, gap + REACH)})


def _by_session(sessions: Mapping[int, str | None]) -> Iterator[tuple[str, list[int]]]:
    named = sorted((session, number) for number, session in sessions.items() if session is not None)
    for session, pairs in groupby(named, key=lambda pair: pair[0]):
        yield session, [number for _, number in pairs]


def _window(
    connection: sa.Connection, tenant: Tenant, session: str, numbers: Sequence[int]
) -> Sequence[_Row]:
    """The current memories of a session from the neighbours' neighbours of the first to those of the last."""
    place = {"tenant": tenant.number, "session": session, "first": numbers[0], "last": numbers[-1]}
    return _WINDOW.rows(connection, place)


def _around(rows: Sequence[_Row], places: Collection[int]) -> Iterator[Document]:
    for place in sorted(places):
        if 0 <= place < len(rows):
            before = rows[max(place - REACH, 0) : place]
            after = rows[place + 1 : place + 1 + REACH]
            # Those after it count once all are there: each memory of a conversation is then written twice and
            # not three times, and it doesn't matter how many were learned at once.
            if len(after) < REACH:
                after = ()
            near, far = (*before[-1:], *after[:1]), (*before[:-1], *after[1:])
            yield _document(rows[place], near, far)


def _document(row: _Row, near: Sequence[_Row], far: Sequence[_Row]) -> Document:
    number, text, happened = row
    return Document(
        number=number,
        text=text,
        near="\n".join([beginning(other[_TEXT]) for other in near]),
        far="\n".join([beginning(other[_TEXT]) for other in far]),
        day=f"{happened.day} {_MONTHS[happened.month - 1]} {happened.year}",
    )


def beginning(text: str) -> str:
    """What of a memory its neighbours are found by."""
    if len(text) < 2 * _MOST_WORDS:
        return text
    begin = _BEGINNING.match(text[:_MOST_CHARACTERS])
    return "" if begin is None else begin[0]


def may_be_of_a_day(word: str) -> bool:
    """Whether a case-folded word looks as if it stood in a date; no other word does."""
    return word.isdecimal() or word[:3] in _MONTH_BEGINNINGS


def _statements() -> tuple[Prepared, Prepared, Prepared]:
    """Built once: building them costs more than running them."""
    row = memories.c
    happened = sa.func.coalesce(row.occurred_at, row.created_at).label("happened")
    whole = (row.number, row.text, happened)
    mine = row.tenant_number == sa.bindparam("tenant")
    # By their numbers: SQLite would take the tenant's index, and look at all that the tenant has.
    chosen = (
        row.tenant_number + sa.literal_column("0") == sa.bindparam("tenant"),
        AnyOf(row.number, "numbers"),
    )
    here = (mine, row.session == sa.bindparam("session"), row.superseded_by.is_(None))
    # With a start or an end in between there are fewer, and all of them are in the window.
    farthest = sa.select(row.number).where(*here).limit(1).offset(2 * REACH - 1)
    first: sa.BindParameter[int] = sa.bindparam("first")
    last: sa.BindParameter[int] = sa.bindparam("last")
    low = farthest.where(row.number < first).order_by(row.number.desc()).scalar_subquery()
    high = farthest.where(row.number > last).order_by(row.number).scalar_subquery()
    window = sa.select(*whole).where(
        *here, row.number >= sa.func.coalesce(low, 0), row.number <= sa.func.coalesce(high, 2**62)
    )
    return (
        Prepared(sa.select(*whole).where(*chosen)),
        Prepared(sa.select(row.number, row.session).where(*chosen)),
        Prepared(window.order_by(row.number)),
    )


_ALONE, _SESSIONS, _WINDOW = _statements()
