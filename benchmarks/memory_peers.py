"""How fast mem0 adds and searches beside ours, where it is installed: the same texts, no LLM, no network.

Run it by a Python that has mem0 and a vector store (faiss, Qdrant or Chroma), best in an environment of its own,
with this repository on ``PYTHONPATH`` and SQLAlchemy, alembic and pydantic for ours.

Texts are added one by one, each until the call returns, as one user's; then questions are asked one by one for the
ten best. mem0 stores texts as they are (``infer=False``); by default it would ask an LLM about each. Vectors come
from one of two places: ``free`` puts words into 384 buckets, which costs next to nothing, so what is left is the
work of mem0 and its store; ``minilm`` is the model of ``continuum-memory[semantic]``, run here. Ours is the engine
on a SQLite file: deduplication, index, concepts and operation log in one commit each. Speed only: how well either
finds is another question.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import random
import statistics
import sys
import tempfile
import time
import zlib
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory_speed import ask, make_tenant, notes  # stands beside this file

from continuum.core.engine import MemoryEngine
from continuum.storage.database import open_database

if TYPE_CHECKING:
    from collections.abc import Callable

DIMENSIONS = 384
STORES = {"faiss": "faiss", "qdrant": "qdrant_client", "chroma": "chromadb"}
BEST = 10


class FreeVectors:
    """A text's words counted in buckets."""

    def embed(self, text: str, _action: str | None = None) -> list[float]:
        vector = [0.0] * DIMENSIONS
        for word in text.split():
            vector[zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
        length = sum(value * value for value in vector) ** 0.5 or 1.0
        return [value / length for value in vector]

    def embed_batch(self, texts: list[str], _action: str = "add") -> list[list[float]]:
        return [self.embed(text) for text in texts]


class MiniLmVectors(FreeVectors):
    """What the text means to the small model."""

    def __init__(self) -> None:
        from continuum.semantic.model import Model

        self._model = Model()

    def embed(self, text: str, _action: str | None = None) -> list[float]:
        return [float(value) for value in self._model.embed(text)]


def stay_here() -> None:
    """Refuse every connection to another machine, whoever wants one."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] != "127.0.0.1":
            raise ConnectionRefusedError("benchmarks stay on this machine")

    sys.addaudithook(refuse)


def open_mem0(store: str, folder: Path, vectors: FreeVectors) -> Any:
    """mem0 on a local store; its clients for LLM and embeddings are made and never used."""
    mem0: Any = import_module("mem0")
    place = {"collection_name": "measured", "path": str(folder / store)}
    if store != "chroma":
        place |= {"embedding_model_dims": DIMENSIONS}
    if store == "qdrant":
        place |= {"on_disk": True}
    unused = {"provider": "openai", "config": {"api_key": "unused"}}
    memory = mem0.Memory.from_config(
        {
            "vector_store": {"provider": store, "config": place},
            "llm": unused,
            "embedder": unused,
            "history_db_path": str(folder / f"{store}-history.db"),
        }
    )
    memory.embedding_model = vectors
    return memory


def timed(action: Callable[[str], object], given: list[str]) -> tuple[float, float, list[float]]:
    """Seconds of all, seconds of CPU of all, and seconds of each."""
    took: list[float] = []
    begin, cpu = time.perf_counter(), time.process_time()
    for text in given:
        start = time.perf_counter()
        action(text)
        took.append(time.perf_counter() - start)
    return time.perf_counter() - begin, time.process_time() - cpu, took


def report(
    name: str,
    add: Callable[[str], object],
    search: Callable[[str], object],
    texts: list[str],
    questions: list[str],
) -> None:
    wall, cpu, _ = timed(add, texts)
    for question in questions[:5]:
        search(question)
    asking, asking_cpu, each = timed(search, questions)
    print(
        f"{name:<26} add {len(texts) / wall:7.0f}/s ({cpu / len(texts) * 1e3:6.2f} ms CPU)"
        f"   search {len(questions) / asking:7.0f}/s ({asking_cpu / len(questions) * 1e3:6.2f} ms CPU,"
        f" p50 {statistics.median(each) * 1e3:6.2f} ms)",
        flush=True,
    )


def measure_ours(folder: Path, texts: list[str], questions: list[str]) -> None:
    database = open_database(folder / "ours.db")
    engine, tenant = MemoryEngine(database), make_tenant(database, "measured")
    said = {note.text: note for note in notes(random.Random(7), len(texts))}
    report(
        "ours, by words",
        lambda text: engine.learn(tenant, said[text]),
        lambda question: engine.recall(tenant, question, BEST),
        texts,
        questions,
    )
    database.close()


def measure_mem0(name: str, memory: Any, texts: list[str], questions: list[str]) -> None:
    found = {"user_id": "measured"}
    report(
        name,
        lambda text: memory.add(text, infer=False, **found),
        lambda question: memory.search(question, top_k=BEST, filters=found),
        texts,
        questions,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--memories", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--vectors", choices=("free", "minilm"), nargs="*", default=["free", "minilm"])
    parser.add_argument("--stores", choices=STORES, nargs="*", default=list(STORES))
    given = parser.parse_args()
    if find_spec("mem0") is None:
        print("mem0 is not installed for this Python: nothing to compare with")
        return 1
    logging.disable(logging.WARNING)
    texts = [note.text for note in notes(random.Random(7), given.memories)]
    chance = random.Random(8)
    questions = [ask(chance) for _ in range(given.questions)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # mem0 reads these when it is imported; its usage statistics are on otherwise.
        os.environ |= {"MEM0_DIR": str(folder), "MEM0_TELEMETRY": "False", "ANONYMIZED_TELEMETRY": "False"}
        stay_here()
        print(f"mem0 {version('mem0ai')}, {given.memories} memories of one user, {given.questions} questions")
        measure_ours(folder, texts, questions)
        for kind in given.vectors:
            vectors = FreeVectors() if kind == "free" else MiniLmVectors()
            for store in given.stores:
                if find_spec(STORES[store]) is None:
                    print(f"mem0, {store}: {STORES[store]} is not installed")
                    continue
                (folder / kind).mkdir(exist_ok=True)
                # Progress bars of the stores.
                with contextlib.redirect_stderr(None):
                    memory = open_mem0(store, folder / kind, vectors)
                    measure_mem0(f"mem0, {store}, {kind}", memory, texts, questions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
