"""How well recall finds, on the evaluation set: R@5, R@10, nDCG@10, MRR and latency, beside two baselines."""

from __future__ import annotations

import argparse
import math
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parents[1] / "tests" / "continuum")]

from conversations import Conversation, conversations  # noqa: E402 - the path comes first

from continuum.core.engine import MemoryEngine  # noqa: E402
from continuum.core.ranking import search_terms  # noqa: E402
from continuum.core.records import Note  # noqa: E402
from continuum.storage.database import Database, open_database  # noqa: E402
from continuum.storage.tenants import ensure_tenant  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Search = Callable[[str], list[int]]

AT = 10


class Score:
    """Means over questions; what was found is places in order, gold is places."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = defaultdict(list)
        self.seconds: list[float] = []

    def add(self, found: list[int], gold: set[int]) -> None:
        hits = [place in gold for place in found[:AT]]
        ideal = sum(1 / math.log2(rank + 2) for rank in range(min(len(gold), AT)))
        self.values["R@5"].append(sum(hits[:5]) / len(gold))
        self.values["R@10"].append(sum(hits) / len(gold))
        gain = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits) if hit)
        self.values["nDCG@10"].append(gain / ideal)
        self.values["MRR"].append(next((1 / (rank + 1) for rank, hit in enumerate(hits) if hit), 0.0))

    def line(self, name: str) -> str:
        means = "  ".join(f"{key} {sum(some) / len(some):.3f}" for key, some in self.values.items())
        took = sorted(self.seconds)
        p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
        return f"{name:<26} {means}  p50 {p50 * 1e3:5.2f} ms  p99 {p99 * 1e3:5.2f} ms"


def measure(name: str, searches: Callable[[int, Conversation], Search], *, by_kind: bool = False) -> None:
    """Ask every question; ``searches`` makes what answers those of one conversation."""
    total, kinds = Score(), defaultdict(Score)
    for number, conversation in enumerate(conversations()):
        search = searches(number, conversation)
        for kind, question, gold in conversation.questions:
            begin = time.perf_counter()
            found = search(question)
            took = time.perf_counter() - begin
            for score in (total, kinds[kind]):
                score.add(found, gold)
                score.seconds.append(took)
    print(total.line(name))
    if by_kind:
        for kind, score in sorted(kinds.items()):
            print(score.line(f"  {kind} ({len(score.seconds)})"))


def with_like(_: int, conversation: Conversation) -> Search:
    """Memories that hold a word of the question, newest first."""
    texts = [turn[3].lower() for turn in conversation.turns]

    def search(question: str) -> list[int]:
        terms = search_terms(question)
        return [place for place in reversed(range(len(texts))) if any(term in texts[place] for term in terms)]

    return search


def with_bm25(_: int, conversation: Conversation) -> Search:
    """FTS5 as it comes, over stems, with the question's telling words."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE said USING fts5(text, tokenize = 'porter unicode61')")
    rows = [(place, turn[3]) for place, turn in enumerate(conversation.turns)]
    connection.executemany("INSERT INTO said(rowid, text) VALUES (?, ?)", rows)

    def search(question: str) -> list[int]:
        expression = " OR ".join(f'"{term}"' for term in search_terms(question))
        query = "SELECT rowid FROM said WHERE said MATCH ? ORDER BY rank LIMIT 10"
        return [row[0] for row in connection.execute(query, (expression,))]

    return search


def with_continuum(database: Database) -> Callable[[int, Conversation], Search]:
    """The engine, a tenant for each conversation; a text that is said twice is one memory."""
    engine = MemoryEngine(database)

    def searches(number: int, conversation: Conversation) -> Search:
        with database.write() as connection:
            tenant = ensure_tenant(connection, f"conversation-{number}")
        notes = [Note(text, role, session, moment) for session, moment, role, text in conversation.turns]
        places: dict[str, int] = {}
        for place, ident in enumerate(engine.learn(tenant, *notes).memory_ids):
            places.setdefault(ident, place)
        return lambda question: [places[found.id] for found in engine.recall(tenant, question, AT).memories]

    return searches


def _on_postgresql() -> Iterator[Database]:
    from real_postgres import APPLICATION, OWNER, Postgres

    from continuum.core.addresses import database_address
    from continuum.storage.setup import set_up

    server = Postgres()
    try:
        server.make_roles()
        set_up(database_address(server.url(OWNER, server.make_template())), APPLICATION)
        database = open_database(database_address(server.url(APPLICATION, server.create())))
        yield database
        database.close()
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="also on a PostgreSQL started for this")
    parser.add_argument("--kinds", action="store_true", help="also by kind of question")
    chosen = parser.parse_args()
    everything = conversations()
    turns, asked = (
        sum(len(each.turns) for each in everything),
        sum(len(each.questions) for each in everything),
    )
    print(f"{len(everything)} conversations, {turns} turns, {asked} questions")
    measure("LIKE", with_like)
    measure("BM25 (FTS5)", with_bm25)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "evaluation.db")
        measure("continuum, SQLite", with_continuum(database), by_kind=chosen.kinds)
        database.close()
    if chosen.postgresql:
        for database in _on_postgresql():
            measure("continuum, PostgreSQL", with_continuum(database), by_kind=chosen.kinds)


if __name__ == "__main__":
    main()
