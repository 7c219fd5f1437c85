"""What telemetry is told about a memory operation: a span by the GenAI conventions, its numbers, its end.

No text, no name and no id: the store is the tenant's pseudonym, everything else is a count or a word of a list.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Final, Self

import telemetry
from continuum.core.measured import DUPLICATES, ERASED, RECORDS, is_refusal, measure, measure_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Concatenate, ParamSpec, TypeVar

    from continuum.core.measured import Counts
    from continuum.core.records import Imported, Learned, Page, Recalled, Receipt
    from continuum.core.tenancy import Tenant

    Owner = TypeVar("Owner")
    P = ParamSpec("P")
    R = TypeVar("R")
    T = TypeVar("T")

OPERATIONS: Final = {
    "learn": "upsert_memory",
    "import": "upsert_memory",
    "recall": "search_memory",
    "search": "search_memory",
    "supersede": "update_memory",
    "forget": "delete_memory",
    "forget_session": "delete_memory",
    "forget_tenant": "delete_memory_store",
    "sync_push": "sync_memory",
    "sync_pull": "sync_memory",
}
"""The conventions' operation for each verb; learning what is known already notes it there, hence `upsert`.

Exchanging memories with another instance is none of theirs, and has a name of our own.
"""


def operation(
    verb: str, counts: Callable[[R], Counts]
) -> Callable[[Callable[Concatenate[Owner, Tenant, P], R]], Callable[Concatenate[Owner, Tenant, P], R]]:
    """Make each call of an engine's method a memory operation to telemetry; the method stays what it is.

    Args:
        verb: one of ``OPERATIONS``.
        counts: what is told of an answer, by attribute; ``gen_ai.memory.record.count`` is measured, too.

    """

    def decorate(
        method: Callable[Concatenate[Owner, Tenant, P], R],
    ) -> Callable[Concatenate[Owner, Tenant, P], R]:
        @wraps(method)
        def call(self: Owner, tenant: Tenant, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not telemetry.is_active():
                return method(self, tenant, *args, **kwargs)
            with Observed(verb, tenant) as observed:
                answer = method(self, tenant, *args, **kwargs)
                with suppress(Exception):  # what can't be counted was done all the same
                    observed.tell(counts(answer))
                return answer

        return call

    return decorate


class Observed:
    """One memory operation, for one ``with``: its span, and at its end the measurements.

    The engine's methods are these already; federation uses it by itself, on both sides of an exchange, one for
    each tenant and batch::

        with Observed("sync_pull", tenant, peer=peer_id) as observed:
            with telemetry.part("sync.fetch", noted=False): ...
            with telemetry.part("sync.apply", noted=False): ...
            observed.tell(synced_counts(records=made, known=skipped, erased=tombstones))

    ``sync_push`` is for whoever gives memories away, and ``sync_pull`` for whoever takes them. Spans below it, also
    of the HTTP client that carries ``traceparent``, are its children.

    Args:
        verb: one of ``OPERATIONS``.
        tenant: whose memories; the pseudonym is sent.
        peer: the other instance's name, for an exchange; the pseudonym is sent, on spans and events from then on.

    """

    __slots__ = ("_began", "_name", "_numbers", "_part", "_peer", "_tenant", "_verb")

    def __init__(self, verb: str, tenant: Tenant, *, peer: str | None = None) -> None:
        self._verb, self._tenant, self._peer = verb, tenant, peer
        self._name = OPERATIONS[verb]
        self._numbers: Counts = {}

    def __enter__(self) -> Self:
        if self._peer is not None:
            telemetry.set_operation(memory_operation=self._verb, federation_peer=self._peer)
        self._part = telemetry.part(
            self._name,
            {
                "gen_ai.operation.name": self._name,
                "gen_ai.memory.store.id": self._tenant.public_id,
                "continuum.memory_operation": self._verb,
            },
        )
        self._began = perf_counter()
        self._part.__enter__()
        return self

    def tell(self, numbers: Counts) -> None:
        """Put numbers on the span, and remember those that are measured."""
        self._numbers = self._numbers | numbers
        self._part.set_attributes(numbers)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part.__exit__(kind, error, trace)
        seconds = perf_counter() - self._began
        if error is None:
            measure(self._name, self._verb, seconds, self._numbers)
        elif isinstance(error, Exception):
            if telemetry.current_trace_id() is not None:
                # On the event, should one be made of it. Where no request runs, it would stay on this thread.
                telemetry.set_operation(memory_operation=self._verb)
            if is_refusal(error):
                telemetry.add_breadcrumb("what was asked for is not possible", category="validation")
            measure_failure(self._name, self._verb, seconds, error)


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
        RECORDS: len(learned.memory_ids),
        DUPLICATES: learned.duplicates,
        "continuum.memory.concepts": learned.concepts_extracted,
        "continuum.memory.links": learned.links_created,
    }


def imported_counts(imported: Imported) -> Counts:
    """As for learning."""
    return {RECORDS: imported.new + imported.known, DUPLICATES: imported.known}


def recalled_counts(recalled: Recalled) -> Counts:
    """How many memories were found, and how many characters they have together."""
    return {
        RECORDS: len(recalled.memories),
        "continuum.memory.size": sum(len(memory.text) for memory in recalled.memories),
        "continuum.memory.concepts": recalled.concepts_found,
    }


def page_counts(page: Page) -> Counts:
    """How many memories a page has, and how many characters they have together."""
    return {
        RECORDS: len(page.memories),
        "continuum.memory.size": sum(len(memory.text) for memory in page.memories),
    }


def erased_counts(receipt: Receipt) -> Counts:
    """How many memories went, and how many rows of everything."""
    return {
        RECORDS: receipt.counts.get("memories", 0),
        ERASED: sum(receipt.counts.values()),
    }


def synced_counts(*, records: int, known: int = 0, erased: int = 0) -> Counts:
    """Of one exchange with a peer.

    Args:
        records: memories that were given away, or made here.
        known: what was here before, and is not among them.
        erased: memories that went because they had been forgotten elsewhere.

    """
    return {RECORDS: records, DUPLICATES: known, ERASED: erased}


def one_record(_nothing: None) -> Counts:
    """For an operation on a single memory, which answers nothing."""
    return {RECORDS: 1}
