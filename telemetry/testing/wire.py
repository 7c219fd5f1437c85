"""The wire of one test: what left the application, and what must hold for it."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any, Final, Self

from telemetry.testing.canaries import Canaries
from telemetry.testing.leaks import find_all
from telemetry.testing.sink import Answer, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from telemetry.testing.signals import Span
    from telemetry.testing.sink import Received

_TELEMETRY: Final = ("SENTRY_", "OTEL_", "CONTINUUM_")
_HASH_KEY: Final = "a key for tests alone, of no use to anybody"
_MOST_SHOWN: Final = 20


class Wire:
    """A loopback backend for one application under test, and assertions about what reached it."""

    def __init__(self, canaries: Canaries | None = None) -> None:
        self.canaries: Final = Canaries() if canaries is None else canaries
        """Texts that may not leave."""
        self.sink: Final = Sink()
        """The backend itself; it stays readable after ``close``."""
        self._installed = contextlib.ExitStack()
        self._is_installed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take telemetry out of this process, when ``setup`` put it in, and stop listening."""
        try:
            self._installed.close()
        finally:
            self._is_installed = False
            self.sink.close()

    # --- where to send to ---

    @property
    def dsn(self) -> str:
        """A value for ``SENTRY_DSN``."""
        return self.sink.dsn()

    @property
    def otlp_endpoint(self) -> str:
        """A value for ``OTEL_EXPORTER_OTLP_ENDPOINT``; errors still need the DSN."""
        return self.sink.url

    def environ(self, **more: str | None) -> dict[str, str]:
        """An environment for a subprocess: this process's own, its telemetry settings replaced.

        Every trace and every error is sampled, and ``opentelemetry-instrument`` chooses this package's
        distribution.

        Args:
            more: variables to add or replace; None removes one.

        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_TELEMETRY)}
        chosen: dict[str, str | None] = {
            **kept,
            "SENTRY_DSN": self.dsn,
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "CONTINUUM_TELEMETRY_HASH_KEY": _HASH_KEY,
            "OTEL_PYTHON_DISTRO": "continuum",
            "OTEL_PYTHON_CONFIGURATOR": "continuum",
            **more,
        }
        return {name: value for name, value in chosen.items() if value is not None}

    def script(self, part_of_path: str, *answers: Answer) -> None:
        """Answer the next requests whose path holds a text in this way, one after the other; then 200."""
        self.sink.script(part_of_path, *answers)

    def always(self, part_of_path: str, answer: Answer) -> None:
        """Answer all requests whose path holds a text in this way: an outage, for one."""
        self.sink.always(part_of_path, answer)

    # --- in this process ---

    def setup(self, **environ: str | None) -> None:
        """Install telemetry in this process, as ``telemetry.setup()`` does, with ``environ(**environ)``.

        A second call in one test does nothing. It is undone at the end of the test, except for what
        OpenTelemetry allows once in a process; docs/testing.md says what that is.

        Raises:
            RuntimeError: when telemetry runs already, or couldn't be started.

        """
        if not self._is_installed:
            from telemetry.testing.in_process import installed

            self._installed.enter_context(installed(self.environ(**environ)))
            self._is_installed = True

    def flush(self, timeout: float = 5.0) -> bool:
        """Deliver what this process has queued; True when nothing was left. Needs ``setup``."""
        import telemetry

        deadline = time.monotonic() + timeout
        while True:
            flushed = telemetry.flush(max(0.0, deadline - time.monotonic()))
            # What the sender's own thread has in hand is in no queue: the ledger knows of it all the same.
            in_flight = any(telemetry.status().get("ledger", {}).get("in_flight", {}).values())
            if (flushed and not in_flight) or time.monotonic() >= deadline:
                return flushed and not in_flight
            time.sleep(0.01)

    # --- what arrived ---

    @property
    def requests(self) -> list[Received]:
        """Every request so far, also those that were answered with an error, bodies decoded."""
        return self.sink.requests

    def errors(self) -> list[dict[str, Any]]:
        """Sentry's error events."""
        return self.sink.errors()

    def transactions(self) -> list[dict[str, Any]]:
        """Sentry's transactions, which ``SENTRY_TRACES_TRANSPORT=envelope`` makes."""
        return self.sink.transactions()

    def spans(self) -> list[Span]:
        """OTLP spans."""
        return self.sink.spans()

    def traces(self) -> dict[str, list[Span]]:
        """OTLP spans by trace id."""
        return self.sink.traces()

    def wait_for(self, predicate: Callable[[Wire], Any], timeout: float = 10.0) -> Any:
        """Wait until ``predicate(wire)`` is truthy; returns its last value, truthy or not."""
        return self.sink.wait_for(lambda _sink: predicate(self), timeout)

    # --- what must hold ---

    def assert_clean(self, *more: str, tenants: Iterable[str] = ()) -> None:
        """Nothing that was planted left: in no body, header or path, in no form.

        Args:
            more: texts besides the canaries.
            tenants: ids that may not stand there as whole words, however short they are.

        Raises:
            AssertionError: with label, form and place of what was found, never with the text itself; and when
                nothing was planted, nothing arrived or a body couldn't be read, because nothing is shown then.

        """
        __tracebackhide__ = True
        self._flush_if_installed()
        tenants = [tenants] if isinstance(tenants, str) else list(tenants)
        planted = self.canaries.planted | {f"text {number}": text for number, text in enumerate(more, 1)}
        requests = self.requests
        if not (planted or tenants):
            raise AssertionError("Nothing was planted, so nothing can be found: use the canary fixture.")
        if not all((*planted.values(), *tenants)):
            raise AssertionError("An empty text stands everywhere: plant another.")
        if not requests:
            raise AssertionError("Nothing arrived, so nothing was searched: flush, or wait_for() something.")
        unreadable = [request for request in requests if request.unreadable]
        if unreadable:
            raise AssertionError(
                f"{len(unreadable)} of {len(requests)} bodies can't be searched: {unreadable[0].unreadable}"
            )
        hits = find_all(planted, requests, tenants)
        if hits:
            lines = [f"  {hit}" for hit in hits[:_MOST_SHOWN]]
            if len(hits) > _MOST_SHOWN:
                lines.append(f"  … {len(hits) - _MOST_SHOWN} more")
            labels = len({hit.label for hit in hits})
            raise AssertionError(
                "\n".join(
                    (f"{labels} planted {'text' if labels == 1 else 'texts'} left the process:", *lines)
                )
            )

    def assert_linked(self, error: dict[str, Any], timeout: float = 10.0) -> None:
        """An error's trace arrived too, within ``timeout`` seconds, and the span that it names is in it.

        Args:
            error: one of ``errors()``.
            timeout: seconds to wait for the trace.

        Raises:
            AssertionError: with what is missing.

        """
        __tracebackhide__ = True
        self._flush_if_installed()
        context = error.get("contexts", {}).get("trace", {})
        trace_id, span_id = context.get("trace_id"), context.get("span_id")
        if not (trace_id and span_id):
            raise AssertionError("The error names no trace and span: it was captured outside of one.")

        def ids(wire: Wire) -> set[str]:
            return {span.span_id for span in wire.traces().get(trace_id, ())} | {
                part.get("span_id", "")
                for transaction in wire.transactions()
                if transaction.get("contexts", {}).get("trace", {}).get("trace_id") == trace_id
                for part in (transaction["contexts"]["trace"], *transaction.get("spans", ()))
            }

        if not self.wait_for(lambda wire: span_id in ids(wire), timeout):
            arrived = len(ids(self))
            raise AssertionError(
                f"Of trace {trace_id} {arrived} spans arrived, and the error's span {span_id} is none of them."
                if arrived
                else f"Trace {trace_id} of the error didn't arrive within {timeout:g} seconds: was it sampled?"
            )

    def _flush_if_installed(self) -> None:
        if self._is_installed:
            self.flush()
