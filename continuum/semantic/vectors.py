"""The vectors of one tenant in memory, compared with that of a question."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from continuum.semantic.model import DIMENSIONS
from continuum.storage.index.documents import REACH
from continuum.storage.index.pgvector import PACKED
from continuum.storage.index.weights import NEIGHBOURS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from continuum.semantic.model import Vectors

STORED: Final = "<f2"
"""How a vector is stored: half the bytes, and the same ranking."""
_ROOM = 256


class Nearness:
    """How near each memory is to a question in meaning; the memories said around it count as with words."""

    def __init__(self, numbers: Vectors, values: Vectors) -> None:
        self._numbers, self._values = numbers, values
        self._of = dict(zip(numbers.tolist(), values.tolist(), strict=True))

    def of(self, number: int) -> float | None:
        """A memory's, about 0 for what has nothing to do with the question; None when it has no vector yet."""
        return self._of.get(number)

    def nearest(self, most: int, among: Collection[int] | None = None) -> list[int]:
        """The memories nearest to it, nearest first, of all or of those that are given."""
        numpy: Any = import_module("numpy")
        numbers, values = self._numbers, self._values
        if among is not None:
            chosen = numpy.isin(numbers, numpy.fromiter(among, numpy.int64, len(among)))
            numbers, values = numbers[chosen], values[chosen]
        if len(values) > most:
            best = numpy.argpartition(values, -most)[-most:]
            numbers, values = numbers[best], values[best]
        return [int(number) for number in numbers[numpy.argsort(-values, kind="stable")]]


class TenantVectors:
    """Grows at its end; not to be used from two threads at once."""

    def __init__(self) -> None:
        self._numpy: Any = import_module("numpy")
        self._matrix: Vectors = self._numpy.empty((_ROOM, DIMENSIONS), self._numpy.float32)
        self._numbers: Vectors = self._numpy.empty(_ROOM, self._numpy.int64)
        self._sessions: Vectors = self._numpy.empty(_ROOM, self._numpy.int64)
        self._count = 0
        self._order: Vectors | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def last(self) -> int:
        """The number of the newest memory; 0 when there is none."""
        return int(self._numbers[self._count - 1]) if self._count else 0

    @property
    def first(self) -> int:
        """The number of the oldest memory; 0 when there is none."""
        return int(self._numbers[0]) if self._count else 0

    @property
    def sum(self) -> tuple[int, int]:
        """How many memories there are, and the sum of their numbers."""
        return self._count, int(self._numbers[: self._count].sum())

    def add(self, rows: Iterable[tuple[int, str | None, bytes]]) -> None:
        """Add memories, by number, with session and vector; their numbers go on where the last ended."""
        for number, session, vector in rows:
            if self._count == len(self._numbers):
                self._grow()
            self._numbers[self._count] = number
            # Without a session a memory is one by itself.
            self._sessions[self._count] = -number if session is None else hash(session)
            self._matrix[self._count] = self._numpy.frombuffer(vector, STORED)
            self._count += 1
            self._order = None

    def compare(self, question: Vectors) -> Nearness:
        """With a question's vector, of shape (384,)."""
        count = self._count
        own = self._matrix[:count] @ question
        sessions = self._sessions[:count]
        if self._order is None:
            self._order = self._numpy.argsort(sessions, kind="stable")
        return _with_neighbours(self._numbers[:count].copy(), sessions, own, self._order)

    def _grow(self) -> None:
        numpy, more = self._numpy, len(self._numbers)
        self._matrix = numpy.concatenate([self._matrix, numpy.empty((more, DIMENSIONS), numpy.float32)])
        self._numbers = numpy.concatenate([self._numbers, numpy.empty(more, numpy.int64)])
        self._sessions = numpy.concatenate([self._sessions, numpy.empty(more, numpy.int64)])


def nearness_of(packed: bytes) -> Nearness:
    """What a database has compared, as ``continuum.storage.index.pgvector.PACKED``."""
    numpy: Any = import_module("numpy")
    rows = numpy.frombuffer(packed, PACKED)
    rows = rows[numpy.argsort(rows["number"])]
    sessions, own = rows["session"].astype(numpy.int64), rows["own"].astype(numpy.float32)
    order = numpy.argsort(sessions, kind="stable")
    return _with_neighbours(rows["number"].astype(numpy.int64), sessions, own, order)


def _with_neighbours(numbers: Vectors, sessions: Vectors, own: Vectors, order: Vectors) -> Nearness:
    """To each the mean of those said around it; ``order`` is that of their sessions, the oldest of each first."""
    numpy: Any = import_module("numpy")
    sessions, values = sessions[order], own[order]
    sums, beside = numpy.zeros(len(own), numpy.float32), numpy.zeros(len(own), numpy.float32)
    for step in range(1, REACH + 1):
        together = sessions[step:] == sessions[:-step]
        sums[step:] += numpy.where(together, values[:-step], 0)
        beside[step:] += together
        sums[:-step] += numpy.where(together, values[step:], 0)
        beside[:-step] += together
    around = numpy.empty_like(own)
    around[order] = sums / numpy.maximum(beside, 1)
    return Nearness(numbers, own + NEIGHBOURS * around)
