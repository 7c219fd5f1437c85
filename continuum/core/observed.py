"""What telemetry is told about a memory operation: a span by the GenAI conventions, numbers, measurements.

No text, no name and no id: the store is the tenant's pseudonym, everything else is a count or a word of a list.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import telemetry
from continuum.core.errors import CacheError, ContinuumError, LearnError, RecallError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Concatenate, ParamSpec, TypeVar

    from continuum.core.records import Imported, Learned, Page, Recalled, Receipt
    from continuum.core.tenancy import Tenant

    Owner = TypeVar("Owner")
    P = ParamSpec("P")
    R = TypeVar("R")
    T = TypeVar("T")

Counts = dict[str, int]

OPERATIONS: Final = {
    "learn": "upsert_memory",
    "import": "upsert_memory",
    "recall": "search_memory",
    "search": "search_memory",
    "supersede": "update_memory",
    "forget": "delete_memory",
    "forget_session": "delete_memory",
    "forget_tenant": "delete_memory_store",
}
"""The conventions' operation for each verb; learning what is known already notes it there, hence `upsert`."""

_RECORDS: Final = "gen_ai.memory.record.count"
_DUPLICATES: Final = "continuum.memory.duplicates"
# Ours and the program's doing; all other errors of continuum say that the caller asked for what can't be.
_FAILURES: Final = (CacheError, LearnError, RecallError, StorageError)


def operation(
    verb: str, counts: Callable[[R], Counts]
) -> Callable[[Callable[Concatenate[Owner, Tenant, P], R]], Callable[Concatenate[Owner, Tenant, P], R]]:
    """Make each call of an engine's method a memory operation to telemetry; the method stays what it is.

    Args:
        verb: one of ``OPERATIONS``.
        counts: what is told of an answer, by attribute; ``gen_ai.memory.record.count`` is measured, too.

    """
    name = OPERATIONS[verb]

    def decorate(
        method: Callable[Concatenate[Owner, Tenant, P], R],
    ) -> Callable[Concatenate[Owner, Tenant, P], R]:
        @wraps(method)
        def call(self: Owner, tenant: Tenant, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not telemetry.is_active():
                return method(self, tenant, *args, **kwargs)
            began = perf_counter()
            attributes = {
                "gen_ai.operation.name": name,
                "gen_ai.memory.store.id": tenant.public_id,
                "continuum.memory_operation": verb,
            }
            numbers: Counts = {}
            try:
                with telemetry.part(name, attributes) as part:
                    answer = method(self, tenant, *args, **kwargs)
                    with suppress(Exception):  # what can't be counted was done all the same
                        numbers = counts(answer)
                    part.set_attributes(numbers)
            except Exception as error:
                telemetry.set_operation(memory_operation=verb)  # on the event, should one be made of it
                _measure(name, verb, perf_counter() - began, error=error)
                raise
            _measure(name, verb, perf_counter() - began, numbers)
            return answer

        return call

    return decorate


@contextmanager
def ending_as(name: str, manager: AbstractContextManager[T]) -> Iterator[T]:
    """The same context, whose end without an error is a part by itself: of a transaction, the commit."""
    entered = manager.__enter__()
    try:
        yield entered
    except BaseException as error:
        if not manager.__exit__(type(error), error, error.__traceback__):
            raise
    else:
        with telemetry.part(name, noted=False):
            manager.__exit__(None, None, None)


def learned_counts(learned: Learned) -> Counts:
    """Of the conventions: how many memories were to be made or updated."""
    return {
        _RECORDS: len(learned.memory_ids),
        _DUPLICATES: learned.duplicates,
        "continuum.memory.concepts": learned.concepts_extracted,
        "continuum.memory.links": learned.links_created,
    }


def imported_counts(imported: Imported) -> Counts:
    """As for learning."""
    return {_RECORDS: imported.new + imported.known, _DUPLICATES: imported.known}


def recalled_counts(recalled: Recalled) -> Counts:
    """How many memories were found, and how many characters they have together."""
    return {
        _RECORDS: len(recalled.memories),
        "continuum.memory.size": sum(len(memory.text) for memory in recalled.memories),
        "continuum.memory.concepts": recalled.concepts_found,
    }


def page_counts(page: Page) -> Counts:
    """How many memories a page has, and how many characters they have together."""
    return {
        _RECORDS: len(page.memories),
        "continuum.memory.size": sum(len(memory.text) for memory in page.memories),
    }


def erased_counts(receipt: Receipt) -> Counts:
    """How many memories went, and how many rows of everything."""
    return {
        _RECORDS: receipt.counts.get("memories", 0),
        "continuum.memory.rows_erased": sum(receipt.counts.values()),
    }


def one_record(_nothing: None) -> Counts:
    """For an operation on a single memory, which answers nothing."""
    return {_RECORDS: 1}


def _measure(
    operation: str,
    verb: str,
    seconds: float,
    numbers: Counts | None = None,
    *,
    error: Exception | None = None,
) -> None:
    labels: dict[str, Any] = {"gen_ai.operation.name": operation, "continuum.memory_operation": verb}
    outcome = "ok"
    if error is not None:
        refused = isinstance(error, ContinuumError) and not isinstance(error, _FAILURES)
        outcome = "refused" if refused else "failed"
        kind = labels | {"error.type": type(error)}
        telemetry.measure("continuum.memory.errors", 1, unit="{error}", labels=kind)
    ended = labels | {"continuum.memory.outcome": outcome}
    telemetry.measure(
        "continuum.memory.operation.duration", seconds, unit="s", kind="histogram", labels=ended
    )
    if numbers:
        records = numbers[_RECORDS]
        telemetry.measure(
            "continuum.memory.operation.records", records, unit="{record}", kind="histogram", labels=labels
        )
        if change := _change(operation, records, numbers.get(_DUPLICATES, 0)):
            telemetry.measure("continuum.memory.records", change, unit="{record}", kind="level")


def _change(operation: str, records: int, duplicates: int) -> int:
    """By how many the memories of the service became more.

    Counted as they come and go: a total would take a query over the tables of everybody, which row level
    security forbids.
    """
    if operation == "upsert_memory":
        return records - duplicates
    return -records if operation.startswith("delete") else 0
