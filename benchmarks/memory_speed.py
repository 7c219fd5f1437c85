"""How fast the memory service learns and recalls: one process, one SQLite file, everything indexed."""

from __future__ import annotations

import argparse
import random
import sqlite3
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


def report(name: str, took: list[tuple[float, float]]) -> None:
    wall, cpu = (sorted(some) for some in zip(*took, strict=True))
    middle, late = len(took) // 2, len(took) * 99 // 100
    print(
        f"{name:<44} p50 {wall[middle] * 1e3:6.2f} ms   p99 {wall[late] * 1e3:6.2f} ms"
        f"   CPU p50 {cpu[middle] * 1e3:6.2f} ms   p99 {cpu[late] * 1e3:6.2f} ms"
    )


def bare_commits(folder: Path) -> None:
    """What the machine gives at the moment: one row and one commit each, through the driver alone."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE said (text TEXT)")
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(2000):
        connection.execute("INSERT INTO said VALUES ('text')")
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(f"{'bare commits of SQLite':<44} {2000 / wall:6.0f}/s        {2000 / cpu:6.0f} per second of CPU")


def learning(engine: MemoryEngine, tenant: Tenant, chance: random.Random, count: int) -> None:
    said = notes(chance, count)
    begin, cpu = time.perf_counter(), time.process_time()
    for note in said:
        engine.learn(tenant, note)
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(f"{'learn, one commit each':<44} {count / wall:6.0f}/s        {count / cpu:6.0f} per second of CPU")
    more = notes(chance, 2 * BATCH)
    wall, cpu = timed(lambda: [engine.learn(tenant, *more[begin : begin + BATCH]) for begin in (0, BATCH)])
    said = f"learn, {BATCH} a commit"
    print(f"{said:<44} {len(more) / wall:6.0f}/s        {len(more) / cpu:6.0f} per second of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", type=int, default=5000, help="memories learned one by one")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--tenants", type=int, default=170)
    parser.add_argument("--rows", type=int, default=100_000, help="over all these tenants")
    chosen = parser.parse_args()
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare_commits(folder)
        database = open_database(folder / "speed.db")
        engine = MemoryEngine(database)
        learning(engine, make_tenant(database, "learning"), chance, chosen.learn)
        large = make_tenant(database, "large")
        fill(engine, large, chance, 10_000)
        questions = [ask(chance) for _ in range(chosen.questions)]
        report("recall, 10,000 memories of the tenant", [
            timed(lambda question=question: engine.recall(large, question, 10)) for question in questions
        ])  # fmt: skip
        many = [make_tenant(database, f"tenant-{number}") for number in range(chosen.tenants)]
        for tenant in many:
            fill(engine, tenant, chance, chosen.rows // chosen.tenants)
        report(f"recall, {chosen.rows:,} memories of {chosen.tenants} tenants", [
            timed(lambda question=question: engine.recall(chance.choice(many), question, 10))
            for question in questions
        ])  # fmt: skip
        database.close()


if __name__ == "__main__":
    main()
