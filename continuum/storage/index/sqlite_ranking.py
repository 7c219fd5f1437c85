"""How SQLite ranks: the BM25 of each term in all places, by its rarity in the memories' own words.

FTS5 takes a term's rarity from all columns. There five memories share each other's words, and a name or topic looks
common that few of them are about. Its own factor is taken out, and the one by the memories' own words put in.
"""

from __future__ import annotations

from itertools import accumulate, pairwise, takewhile
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple

from continuum.storage.index.documents import may_be_of_a_day
from continuum.storage.index.weights import DAY, FAR, NEAR, PAIR, TEXT
from continuum.storage.prepared import fetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

# The commonest words of a question tell least, and cost most: a row that a word matches takes about 1.5 us of CPU.
_MOST_WORDS = 24
_FEWEST_WORDS = 3
_MOST_ROWS = 5000
# What FTS5 takes for the rarity of a term that more than half of the rows hold.
_COMMON = 1e-6


class Counted(NamedTuple):
    """What a memory may hold, as an expression of FTS5, and what its (negative) BM25 is to be multiplied by."""

    expression: str
    factor: float
    may_be_of_a_day: bool


def counted(connection: sa.Connection, table: str, terms: Sequence[str]) -> list[Counted]:
    """The rarest of the terms that are anywhere in the table, and those of their pairs that are in a text."""
    expressions = [expression for term in terms for expression in (_quoted(term), _own(term))]
    rows, *counts = _counts(connection, table, expressions)
    numbers = zip(terms, counts[::2], counts[1::2], strict=True)
    words = [(own or anywhere, anywhere, term) for term, anywhere, own in numbers if anywhere]
    rarest = _affordable(sorted(words)[:_MOST_WORDS], max(_MOST_ROWS, rows // 2))
    found = [
        Counted(_quoted(term), _factor(rows, anywhere, own), may_be_of_a_day(term))
        for own, anywhere, term in rarest
    ]
    telling = {term for *_, term in rarest}
    pairs = [f"text : {_quoted(f'{a} {b}')}" for a, b in pairwise(terms) if a in telling and b in telling]
    if pairs:
        rows, *counts = _counts(connection, table, pairs)
        found += [
            Counted(pair, PAIR * _factor(rows, holding, holding), may_be_of_a_day=False)
            for pair, holding in zip(pairs, counts, strict=True)
            if holding
        ]
    return found


def ranking(table: str, asked: Sequence[Counted], most: int) -> tuple[str, dict[str, Any]]:
    """A statement for the ``most`` strongest rows, all when -1, with its values; see ``FullTextIndex.matches``.

    Each part is what its place adds to those before it: BM25 saturates, so places don't just add up.
    """
    everywhere = f"bm25({table}, {TEXT}, {NEAR}, {FAR}, {DAY})"
    own, undated = f"bm25({table}, {TEXT}, 0, 0, 0)", f"bm25({table}, {TEXT}, {NEAR}, {FAR}, 0)"
    matching: list[str] = []
    values: dict[str, Any] = {"most": most}
    for place, each in enumerate(asked):
        # Where it can't be anything it isn't worked out, which takes nearly as long as the match itself.
        day = f"({everywhere} - {undated})" if each.may_be_of_a_day else "0.0"
        parts = (
            f"{everywhere} * :f{place} AS strength, {own} * :f{place} AS lexical, {day} * :f{place} AS time"
        )
        matching.append(f"SELECT rowid AS memory_number, {parts} FROM {table} WHERE {table} MATCH :e{place}")  # noqa: S608 - the table's name is made by the database
        values |= {f"e{place}": each.expression, f"f{place}": each.factor}
    return (
        "SELECT memory_number, sum(strength) AS strength, sum(lexical) AS lexical,"  # noqa: S608 - see above
        " max(sum(strength) - sum(lexical) - sum(time), 0.0) AS neighbours, sum(time) AS time"
        # The limit keeps SQLite from merging the two, and with groups there is no bm25.
        f" FROM ({' UNION ALL '.join(matching)} LIMIT -1) GROUP BY memory_number"
        " ORDER BY 2 DESC, 1 DESC LIMIT :most"
    ), values


def any_of(terms: Sequence[str]) -> str:
    """What matches any of the terms."""
    return " OR ".join(map(_quoted, terms))


def _counts(connection: sa.Connection, table: str, expressions: Sequence[str]) -> list[int]:
    """How many rows there are, and how many match each of the expressions."""
    size = f"(SELECT count(*) FROM {table}_docsize)"  # noqa: S608 - the table's name is made by the database
    count = f"(SELECT count(*) FROM {table} WHERE {table} MATCH ?)"  # noqa: S608 - the same
    columns = ", ".join([size, *[count] * len(expressions)])
    return list(fetch(connection, f"SELECT {columns}", tuple(expressions))[0])


def _affordable(rarest: list[tuple[int, int, str]], most_rows: int) -> list[tuple[int, int, str]]:
    """As many of the words as match so many rows together, and the rarest few in any case."""
    rows = accumulate(anywhere for _, anywhere, _ in rarest)
    few = sum(1 for _ in takewhile(lambda so_far: so_far <= most_rows, rows))
    return rarest[: max(few, _FEWEST_WORDS)]


def _own(term: str) -> str:
    return f"{{text day}} : {_quoted(term)}"


def _quoted(term: str) -> str:
    """A string of FTS5: terms hold no quotation marks, so none is read as query syntax."""
    return f'"{term}"'


def _factor(rows: int, anywhere: int, own: int) -> float:
    """From the rarity that FTS5 takes to the one that is meant."""
    taken = max(log((rows - anywhere + 0.5) / (anywhere + 0.5)), _COMMON)
    return -log(1 + (rows - own + 0.5) / (own + 0.5)) / taken
