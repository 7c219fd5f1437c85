"""What is measured of memory operations; every label is a word of a closed list, or a class of exceptions."""

from __future__ import annotations

from typing import Final

import telemetry
from continuum.core.errors import ContinuumError

Counts = dict[str, int]
"""Numbers by the attributes that they are on the span."""

RECORDS: Final = "gen_ai.memory.record.count"
DUPLICATES: Final = "continuum.memory.duplicates"
ERASED: Final = "continuum.memory.rows_erased"


def measure(operation: str, verb: str, seconds: float, numbers: Counts) -> None:
    """An operation that did what was asked for; ``numbers`` may lack what could not be told."""
    labels = {"gen_ai.operation.name": operation, "continuum.memory_operation": verb}
    _measure_duration(labels, seconds, "ok")
    if (records := numbers.get(RECORDS)) is not None:
        telemetry.measure(
            "continuum.memory.operation.records", records, unit="{record}", kind="histogram", labels=labels
        )
        if change := _change(operation, verb, numbers):
            telemetry.measure("continuum.memory.records", change, unit="{record}", kind="level")


def measure_failure(operation: str, verb: str, seconds: float, error: Exception) -> None:
    """An operation that didn't."""
    labels = {"gen_ai.operation.name": operation, "continuum.memory_operation": verb}
    _measure_duration(labels, seconds, "refused" if is_refusal(error) else "failed")
    kind = labels | {"error.type": type(error)}
    telemetry.measure("continuum.memory.errors", 1, unit="{error}", labels=kind)


def is_refusal(error: Exception) -> bool:
    """Whether the caller asked for what can't be: such errors are called by what happened.

    Those of continuum that end in ``Error``, and whatever else is raised, are the program's doing.
    """
    return isinstance(error, ContinuumError) and not type(error).__name__.endswith("Error")


def _measure_duration(labels: dict[str, str], seconds: float, outcome: str) -> None:
    ended = labels | {"continuum.memory.outcome": outcome}
    telemetry.measure(
        "continuum.memory.operation.duration", seconds, unit="s", kind="histogram", labels=ended
    )


def _change(operation: str, verb: str, numbers: Counts) -> int:
    """By how many the memories of the service became more.

    Counted as they come and go: a total would take a query over the tables of everybody, which row level
    security forbids.
    """
    if operation == "upsert_memory":
        return numbers[RECORDS] - numbers.get(DUPLICATES, 0)
    if verb == "sync_pull":
        return numbers[RECORDS] - numbers.get(ERASED, 0)
    return -numbers[RECORDS] if operation.startswith("delete") else 0
