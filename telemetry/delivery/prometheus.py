"""Answers a Prometheus that asks for metrics: a page on one address, made of what has passed the gate.

The page has a registry of its own, so that nothing which an application registers with prometheus_client by
itself stands on it. What is asked for is not an item that is delivered: the ledger counts what the gate withheld
of it, and nothing else.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.metrics.export import MetricsData
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from telemetry.gate.metrics import with_points
from telemetry.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.metrics.export import Metric

    from telemetry.ledger import Ledger

PATH: Final = "/metrics"
PATIENCE: Final = 2.0
"""Seconds for which somebody who asks may be silent, or leave the answer lying."""
_TICK: Final = 0.5
"""Seconds after which the thread sees that it is to end."""


class ScrapedMetricReader(PrometheusMetricReader):
    """Collects whenever somebody asks for the page, and at no other time."""

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **named: Any
    ) -> None:
        super()._receive_metrics(_evenly_labelled(metrics_data), timeout_millis, **named)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002  # the SDK's signature
        """Nothing waits here: a collection that nobody asked for would stand on the next page twice."""
        return True


class MetricsPage:
    """The page and its thread, which gives one answer at a time.

    It is opened by whoever serves or measures, not by a process that only starts others. Of several workers the
    first one answers, and what the others count is on no page.

    Args:
        host: a name or an address of this machine.
        port: of it.
        ledger: where faults are counted.
        complain: told in words why nobody is answered.

    """

    def __init__(self, host: str, port: int, ledger: Ledger, complain: Callable[[str], None]) -> None:
        self._place = host, port
        self._guard = Guard(ledger, "metric reader")
        self._complain = complain
        self._registry = CollectorRegistry(auto_describe=False)
        self.reader = ScrapedMetricReader(registry=self._registry)
        """Belongs to the provider whose metrics are shown."""
        self._server: _Server | None = None
        self._is_taken = False

    def open(self) -> None:
        """Listen, unless that is done; where it can't be, it is said once."""
        if self._server is not None or self._is_taken:
            return
        try:
            server = self._server = _Server(self._place, self._page, self._guard)
            threading.Thread(
                target=self._serve, args=(server,), name="continuum-telemetry-prometheus", daemon=True
            ).start()
        except RuntimeError:  # no thread can be started any more: the interpreter is going down
            self.close()
        except Exception as error:  # taken, forbidden, or a name that is none: whoever serves goes on
            self._is_taken = True
            host, port = self._place
            reason = getattr(error, "strerror", None) or type(error).__name__
            self._complain(f"no metrics for Prometheus at {host}, port {port}: {reason}")

    def close(self) -> None:
        """Listen no more; the answer that is being given is finished."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError):
                server.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, for which it would stay open
            server.server_close()

    def forget(self) -> None:
        """In the child of a fork: a parent that answers goes on doing so."""
        server, self._server = self._server, None
        if server is not None:
            self._is_taken = True
            server.server_close()  # the child's copy alone, which a shutdown would not be

    def _serve(self, server: _Server) -> None:
        # What is asked for is collected on this thread: instruments of the application may make requests.
        with suppress_instrumentation(), suppress(OSError, ValueError):  # closed, by us or by somebody else
            while self._server is server:
                server.handle_request()

    def _page(self, accept: str) -> tuple[bytes, str]:
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # a version that is none: whoever asks for that gets the oldest form
            encode, content_type = choose_encoder("")
        return encode(self._registry), content_type


def _evenly_labelled(data: MetricsData) -> MetricsData:
    """The same, all points of one name with the same labels, empty where one hadn't any.

    Two scopes may measure under one name with different labels, as HTTP clients do. The reader would take those
    of the first for those of the second.
    """
    names: dict[str, set[str]] = {}
    scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
    for scope in scopes:
        for metric in scope.metrics:
            labels = names.setdefault(metric.name, set())
            for point in metric.data.data_points:
                labels.update(point.attributes or ())

    def even(metric: Metric) -> Metric:
        blank = dict.fromkeys(names[metric.name], "")
        points: list[Any] = [
            replace(point, attributes=blank | dict(point.attributes or {}))
            for point in metric.data.data_points
        ]
        return with_points(metric, points)

    return MetricsData(
        [
            replace(
                resource,
                scope_metrics=[
                    replace(scope, metrics=[even(metric) for metric in scope.metrics])
                    for scope in resource.scope_metrics
                ],
            )
            for resource in data.resource_metrics
        ]
    )


class _Server(TCPServer):
    """Not ``HTTPServer``, which asks the name service who it is."""

    allow_reuse_address = True
    timeout = _TICK

    def __init__(self, place: tuple[str, int], page: Any, guard: Guard) -> None:
        self.page, self.guard = page, guard
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        super().__init__(place, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody who goes away is no fault; nothing is printed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = PATIENCE

    def do_GET(self) -> None:
        status, body, content_type = 404, b"", "text/plain; charset=utf-8"
        if self.path.partition("?")[0] == PATH:
            status = 500
            with self.server.guard:
                body, content_type = self.server.page(self.headers.get("Accept", ""))
                status = 200
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Nobody has to know which Python this is."""
        return "continuum-telemetry"

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the default writes to standard error what was asked for."""
