"""Keeps the last traces, errors and logs in memory, bounded in number and in bytes."""

from __future__ import annotations

import json
import threading
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from telemetry.inspector.records import Error, Log, Span


class Limits(NamedTuple):
    """How much is kept; the oldest goes first."""

    traces: int = 200
    errors: int = 200
    spans_per_trace: int = 1_000
    logs: int = 1_000
    megabytes: int = 64


class Snapshot(NamedTuple):
    """What is kept at one moment: traces by id and errors by id, oldest first, and the counters."""

    revision: int
    traces: dict[str, list[Span]]
    dropped: dict[str, int]
    errors: dict[str, Error]
    logs: list[Log]
    received: dict[str, int]
    items: dict[str, int]
    evicted: dict[str, int]
    bytes_kept: int
    limits: Limits


@dataclass
class _Trace:
    spans: dict[str, Span] = field(default_factory=dict)
    dropped: int = 0
    size: int = 0


class Store:
    """What was received, safe to use from several threads."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._revision = 0
        self._reset()

    def _reset(self) -> None:
        self._traces: OrderedDict[str, _Trace] = OrderedDict()
        self._errors: OrderedDict[str, tuple[Error, int]] = OrderedDict()
        self._logs: deque[tuple[Log, int]] = deque()
        self._size = 0
        self._received: Counter[str] = Counter()
        self._items: Counter[str] = Counter()
        self._evicted: Counter[str] = Counter()

    def count(self, what: str, number: int = 1) -> None:
        """Count something received that is not kept: a metric, a refused body."""
        with self._lock:
            self._received[what] += number
            self._revision += 1

    def count_items(self, types: Iterable[str]) -> None:
        """Count envelope items by type."""
        with self._lock:
            self._items.update(types)
            self._revision += 1

    def add_spans(self, spans: list[Span]) -> None:
        """Merge spans into their traces; a span id seen before is replaced."""
        with self._lock:
            for span in spans:
                self._add_span(span)
            self._shrink()

    def _add_span(self, span: Span) -> None:
        self._received["spans"] += 1
        trace_id = span["trace_id"]
        if trace_id not in self._traces:
            self._received["traces"] += 1
        trace = self._traces.setdefault(trace_id, _Trace())
        self._traces.move_to_end(trace_id)
        known = trace.spans.get(span["span_id"])
        if known is None and len(trace.spans) >= self._limits.spans_per_trace:
            trace.dropped += 1
            self._evicted["spans"] += 1
            return
        size = _size(span) - (_size(known) if known else 0)
        trace.spans[span["span_id"]] = span
        trace.size += size
        self._size += size

    def add_error(self, error: Error) -> None:
        """Keep an error; an event id seen before is replaced."""
        with self._lock:
            self._received["errors"] += 1
            _, known = self._errors.pop(error["event_id"], (None, 0))
            size = _size(error)
            self._errors[error["event_id"]] = (error, size)
            self._size += size - known
            self._shrink()

    def add_logs(self, logs: list[Log]) -> None:
        """Keep log records; they are shown with their trace."""
        with self._lock:
            self._received["logs"] += len(logs)
            sized = [(log, _size(log)) for log in logs]
            self._logs.extend(sized)
            self._size += sum(size for _, size in sized)
            self._shrink()

    def clear(self) -> None:
        """Forget everything, counters included."""
        with self._lock:
            self._reset()
            self._revision += 1

    def snapshot(self) -> Snapshot:
        """Copy what is kept at this moment; the records in it are never changed afterwards."""
        with self._lock:
            return Snapshot(
                revision=self._revision,
                traces={key: list(trace.spans.values()) for key, trace in self._traces.items()},
                dropped={key: trace.dropped for key, trace in self._traces.items()},
                errors={key: error for key, (error, _) in self._errors.items()},
                logs=[log for log, _ in self._logs],
                received=dict(self._received),
                items=dict(self._items),
                evicted=dict(self._evicted),
                bytes_kept=self._size,
                limits=self._limits,
            )

    def _shrink(self) -> None:
        self._revision += 1
        while len(self._logs) > self._limits.logs:
            self._drop_log()
        while len(self._traces) > self._limits.traces:
            self._drop_trace()
        while len(self._errors) > self._limits.errors:
            self._drop_error()
        while self._size > self._limits.megabytes * 1024 * 1024:
            # Logs are the least of it, and the last trace or error is the one being looked for.
            if self._logs:
                self._drop_log()
            elif len(self._traces) > len(self._errors):
                self._drop_trace()
            elif self._errors:
                self._drop_error()
            else:
                break

    def _drop_log(self) -> None:
        self._size -= self._logs.popleft()[1]
        self._evicted["logs"] += 1

    def _drop_trace(self) -> None:
        _, trace = self._traces.popitem(last=False)
        self._size -= trace.size
        self._evicted["traces"] += 1

    def _drop_error(self) -> None:
        _, (_, size) = self._errors.popitem(last=False)
        self._size -= size
        self._evicted["errors"] += 1


def _size(record: Span | Log | Error) -> int:
    return len(json.dumps(record))
