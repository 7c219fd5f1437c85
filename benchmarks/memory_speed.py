"""How fast the memory service learns and recalls: one process, one SQLite file, everything indexed."""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from continuum.core.engine import MemoryEngine
from continuum.core.records import Note
from continuum.storage.database import open_database
from continuum.storage.tenants import ensure_tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from continuum.core.tenancy import Tenant
    from continuum.storage.database import Database

# Of so many words the first are in nearly every text and most in hardly any, as in what people write.
VOCABULARY = 8000
PLACES = ("Lisbon", "Oslo", "Ghent", "Quito", "Hanoi", "Turku", "Graz", "Leeds")
BATCH = 1000
BARE = 2000


def word(chance: random.Random, first: int = 1) -> str:
    """A word; what it is worth falls with its number."""
    return f"word{int(first * (VOCABULARY / first) ** chance.random())}"


def say(chance: random.Random) -> str:
    """A text of twenty words, some of them rare, and sometimes a place."""
    said = [word(chance) for _ in range(20)]
    if chance.random() < 0.2:
        said.append(chance.choice(PLACES))
    return f"{' '.join(said)}, {chance.randrange(10**9)}."


def ask(chance: random.Random) -> str:
    """A question of five words; the most common ones would be stop words."""
    return " ".join(word(chance, first=30) for _ in range(5)) + "?"


def notes(chance: random.Random, count: int) -> list[Note]:
    return [Note(say(chance), "user", f"session {number // 20}") for number in range(count)]


def make_tenant(database: Database, name: str) -> Tenant:
    with database.write() as connection:
        return ensure_tenant(connection, name)


def fill(engine: MemoryEngine, tenant: Tenant, chance: random.Random, count: int) -> None:
    said = notes(chance, count)
    for begin in range(0, count, BATCH):
        engine.learn(tenant, *said[begin : begin + BATCH])


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and seconds of CPU, which others on the machine lengthen less."""
    begin, cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - begin, time.process_time() - cpu


def cell(values: list[float], form: str) -> str:
    """The median of some rounds, and their range."""
    return f"{statistics.median(values):{form}} [{min(values):{form}}-{max(values):{form}}]"


def report(name: str, ask_one: Callable[[str], object], questions: list[str], rounds: int) -> None:
    """Ask all questions once a round; p50 and p99 of each round."""
    figures: dict[str, list[float]] = {"p50": [], "p99": [], "CPU p50": [], "CPU p99": []}
    for _ in range(rounds):
        took = [timed(lambda question=question: ask_one(question)) for question in questions]
        wall, cpu = (sorted(seconds * 1e3 for seconds in some) for some in zip(*took, strict=True))
        middle, late = len(took) // 2, len(took) * 99 // 100
        for figure, value in zip(figures, (wall[middle], wall[late], cpu[middle], cpu[late]), strict=True):
            figures[figure].append(value)
    cells = "   ".join(f"{figure} {cell(values, '.2f')}" for figure, values in figures.items())
    print(f"{name:<42} {cells} ms")


def bare_commits(connection: sqlite3.Connection) -> tuple[float, float]:
    """What the machine gives at the moment: one row and one commit each, through the driver alone."""
    return timed(lambda: [connection.execute("INSERT INTO said VALUES ('text')") for _ in range(BARE)])


def learning(
    engine: MemoryEngine, tenant: Tenant, chance: random.Random, folder: Path, chosen: argparse.Namespace
) -> None:
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = NORMAL")
    bare.execute("CREATE TABLE said (text TEXT)")
    share, said = chosen.learn // chosen.rounds, notes(chance, chosen.learn)
    one, many, commits = [], [], []
    for number in range(chosen.rounds):
        commits.append(bare_commits(bare))
        some = said[number * share : (number + 1) * share]
        one.append(timed(lambda some=some: [engine.learn(tenant, note) for note in some]))
    for _ in range(chosen.rounds):
        some = notes(chance, BATCH)
        many.append(timed(lambda some=some: engine.learn(tenant, *some)))
    bare.close()
    for name, done, took in (
        ("bare commits of SQLite", BARE, commits),
        ("learn, one commit each", share, one),
        (f"learn, {BATCH} a commit", BATCH, many),
    ):
        wall, cpu = ([done / seconds for seconds in some] for some in zip(*took, strict=True))
        print(f"{name:<42} {cell(wall, '.0f')} a second   {cell(cpu, '.0f')} a second of CPU")
    ratio = [took[0] / share / (bare[0] / BARE) for took, bare in zip(one, commits, strict=True)]
    print(f"{'one learn takes as long as':<42} {cell(ratio, '.0f')} bare commits")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--learn", type=int, default=5000, help="memories learned one by one")
    parser.add_argument("--questions", type=int, default=500, help="asked in each round")
    parser.add_argument("--tenants", type=int, default=170)
    parser.add_argument("--rows", type=int, default=100_000, help="over all these tenants")
    chosen = parser.parse_args()
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = open_database(folder / "speed.db")
        engine = MemoryEngine(database)
        learning(engine, make_tenant(database, "learning"), chance, folder, chosen)
        large = make_tenant(database, "large")
        fill(engine, large, chance, 10_000)
        questions = [ask(chance) for _ in range(chosen.questions)]
        report(
            "recall, 10,000 memories of the tenant",
            lambda question: engine.recall(large, question, 10),
            questions,
            chosen.rounds,
        )
        many = [make_tenant(database, f"tenant-{number}") for number in range(chosen.tenants)]
        for tenant in many:
            fill(engine, tenant, chance, chosen.rows // chosen.tenants)
        report(
            f"recall, {chosen.rows:,} memories of {chosen.tenants} tenants",
            lambda question: engine.recall(chance.choice(many), question, 10),
            questions,
            chosen.rounds,
        )
        database.close()


if __name__ == "__main__":
    main()
