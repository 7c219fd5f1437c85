"""SIGKILL in the middle of a thousand learns: what was acknowledged is there, and index and tables agree."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from real_postgres import both_databases

from continuum.core.engine import MemoryEngine
from continuum.core.records import Filters
from continuum.storage.database import open_database

LEARNER = """
import sys
from continuum.core.memory import Memory
from continuum.core.records import Turn
memory = Memory()
for number in range(1000):
    turn = Turn(f"Maya told note {number} in Lisbon", f"answer {number}", f"s-{number % 7}")
    learned = memory.learn("acme", turn, idempotency_key=f"key-{number}")
    print(number, *learned.memory_ids, flush=True)
"""


@pytest.fixture
def environment(place):
    url = f"sqlite:///{place}" if isinstance(place, Path) else place.url
    return dict(os.environ) | {"DATABASE_URL": url}


@both_databases
def test_a_killed_process_loses_nothing_that_it_acknowledged(place, database, tenant, environment):
    acknowledged = {}
    # Twice, the second time on what the first left behind.
    for moment in (30, 400):
        learner = subprocess.Popen(
            [sys.executable, "-c", LEARNER], stdout=subprocess.PIPE, text=True, env=environment
        )
        for line in learner.stdout:
            number, *ids = line.split()
            acknowledged[int(number)] = ids
            if int(number) == moment:
                learner.send_signal(signal.SIGKILL)
                break
        acknowledged |= {
            int(line.split()[0]): line.split()[1:]
            for line in learner.stdout.read().splitlines(keepends=True)
            if line.endswith("\n")
        }
        learner.stdout.close()
        assert learner.wait(20) == -signal.SIGKILL
    assert 400 in acknowledged
    opened = open_database(place)
    engine = MemoryEngine(opened)
    stored, cursor = set(), None
    while True:
        page = engine.search(tenant, Filters(), limit=100, cursor=cursor)
        stored |= {memory.id for memory in page.memories}
        cursor = page.next_cursor
        if cursor is None:
            break
    assert {ident for ids in acknowledged.values() for ident in ids} <= stored
    # At most the one learn that was under way is there without having been acknowledged.
    assert len(stored) <= 2 * len(acknowledged) + 2
    last = max(acknowledged)
    found = engine.recall(tenant, f"note {last}", 5).memories
    assert any(memory.id in acknowledged[last] for memory in found)
    opened.close()
    looked = subprocess.run(
        [sys.executable, "-m", "continuum.cli", "doctor", "--verify", "--json"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert json.loads(looked.stdout) == {"redis": "not set", "database": "ready", "findings": []}
    assert looked.returncode == 0
