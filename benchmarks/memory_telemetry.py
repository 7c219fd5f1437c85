"""What the memory's own spans and measurements cost learn and recall, as ratios within one process.

Telemetry is installed once, with a collector on loopback that takes everything. In turn, each operation runs
with the front door shut (the instrumentations of the database go on) and open, in a trace that is recorded and
in one that isn't. Microseconds of CPU are those of the calling thread: machines are noisy, and share.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry import context, trace

import telemetry
from continuum.core.engine import MemoryEngine
from continuum.core.records import Note
from continuum.storage.database import open_database
from continuum.storage.tenants import ensure_tenant
from telemetry.testing.sink import Sink

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from memory_speed import say  # noqa: E402  # stands beside this file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Work = Callable[[random.Random], object]

KINDS = ("recorded", "not recorded")


@contextmanager
def below(kind: str) -> Iterator[None]:
    """A request's span is current, recorded or not."""
    if kind == "recorded":
        with trace.get_tracer("telemetry.operations").start_as_current_span("POST"):
            yield
        return
    unsampled = trace.SpanContext(random.getrandbits(127) + 1, random.getrandbits(63) + 1, is_remote=False)
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(unsampled)))
    try:
        yield
    finally:
        context.detach(token)


def cpu(work: Work, chance: random.Random, kind: str, times: int) -> float:
    """Microseconds of this thread's CPU for one operation, the span around it not among them."""
    spent = 0.0
    for _ in range(times):
        with below(kind):
            began = time.thread_time()
            work(chance)
            spent += time.thread_time() - began
    return 1e6 * spent / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--memories", type=int, default=1000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        telemetry.setup(
            environ={
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
                "SENTRY_TRACES_SAMPLE_RATE": "1",
                "OTEL_BSP_MAX_QUEUE_SIZE": "100000",
                "CONTINUUM_TELEMETRY_HASH_KEY": "a key for measurements, of no use to anybody",
            }
        )
        chance = random.Random(7)
        database = open_database(Path(folder) / "memory.db")
        engine = MemoryEngine(database)
        with database.write() as connection:
            tenant = ensure_tenant(connection, "measured")
        for _ in range(chosen.memories // 100):
            engine.learn(tenant, *(Note(say(chance)) for _ in range(100)))
        verbs: dict[str, Work] = {
            "learn": lambda chance: engine.learn(tenant, Note(say(chance))),
            "recall": lambda chance: engine.recall(tenant, say(chance)[:60], 10),
        }
        for verb, work in verbs.items():
            for kind in KINDS:
                compare(verb, work, kind, chosen.rounds, chosen.times)
        database.close()
        telemetry.shutdown(5.0)


def compare(verb: str, work: Work, kind: str, rounds: int, times: int) -> None:
    """Print what the open door costs beside the shut one, in the same rounds."""
    ratios, costs = [], []
    for number in range(rounds + 1):
        spent = {}
        for shut in (number % 2 == 0, number % 2 == 1):
            telemetry._is_shut = shut  # noqa: SLF001  # the one switch of the process
            # The same questions through both; of texts, which are learned once, others of the same kind.
            chance = random.Random(f"{number} {shut and verb == 'learn'} {kind}")
            spent[shut] = cpu(work, chance, kind, times)
        telemetry._is_shut = False  # noqa: SLF001  # see above
        telemetry.flush(10.0)
        if number:  # the first warms up
            ratios.append(spent[False] / spent[True])
            costs.append(spent[False] - spent[True])
    low, high = min(ratios), max(ratios)
    print(
        f"{verb:>6}, {kind:<13} {statistics.median(ratios):.3f} of the shut door "
        f"({low:.2f} to {high:.2f}), {statistics.median(costs):+.0f} µs"
    )


if __name__ == "__main__":
    main()
