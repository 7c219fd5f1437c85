"""Starts the built collector with the configurations of deploy/otel, on ports of its own."""

from __future__ import annotations

import contextlib
import http.client
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from programs import HASH_KEY, Program, free_port

from telemetry.privacy.tenants import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telemetry.testing.sink import Sink

OTEL = Path(__file__).parents[2] / "deploy" / "otel"
GATEWAY = ("collector.yaml", "scrub.yaml")
PSEUDONYMS = Pseudonyms(HASH_KEY)


@dataclass(frozen=True)
class Ports:
    """Where one collector listens."""

    grpc: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    health: int = field(default_factory=free_port)
    metrics: int = field(default_factory=free_port)

    def settings(self, whose: str) -> dict[str, str]:
        """As the variables of ``COLLECTOR`` or ``AGENT``."""
        return {
            f"CONTINUUM_{whose}_GRPC_PORT": str(self.grpc),
            f"CONTINUUM_{whose}_HTTP_PORT": str(self.http),
            f"CONTINUUM_{whose}_HEALTH_PORT": str(self.health),
            f"CONTINUUM_{whose}_METRICS_PORT": str(self.metrics),
        }


class Collector(Program):
    """One collector, ready to take OTLP."""

    def __init__(
        self,
        binary: Path,
        configurations: Sequence[str],
        *,
        home: Path,
        settings: Mapping[str, str],
        ports: Ports,
    ) -> None:
        self.ports = ports
        command = [str(binary)]
        for name in configurations:
            command += ["--config", str(OTEL / name)]
        super().__init__(command, home=home, settings=settings, launcher=False)
        self._wait_until_healthy()

    @property
    def url(self) -> str:
        """What ``OTEL_EXPORTER_OTLP_ENDPOINT`` wants, for HTTP."""
        return f"http://127.0.0.1:{self.ports.http}"

    def post(self, signal: str, body: bytes) -> int:
        """Post one OTLP request of ``traces``, ``logs`` or ``metrics``; returns the status of the answer."""
        return _ask(self.ports.http, "POST", f"/v1/{signal}", body)[0]

    def metrics(self) -> str:
        """What it says about itself, in the text format of Prometheus."""
        return _ask(self.ports.metrics, "GET", "/metrics", b"")[1].decode()

    def _wait_until_healthy(self, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if _ask(self.ports.health, "GET", "/", b"")[0] == 200:
                    return
            time.sleep(0.05)
        log = self.log
        self.kill()
        raise RuntimeError(f"the collector does not become healthy:\n{log[-4000:]}")


def gateway_settings(home: Path, ports: Ports, sink: Sink, **more: str) -> dict[str, str]:
    """The variables of a gateway that keeps every trace and decides after a second."""
    return {
        **ports.settings("COLLECTOR"),
        "SENTRY_OTLP_URL": f"{sink.url}/api/7/integration/otlp",
        "SENTRY_PUBLIC_KEY": "abc123",
        "CONTINUUM_COLLECTOR_KEY": PSEUDONYMS.derived_key("tenant"),
        "CONTINUUM_COLLECTOR_KEY_ID": PSEUDONYMS.key_id,
        "CONTINUUM_COLLECTOR_STORAGE": str(home / "queue"),
        "CONTINUUM_COLLECTOR_DECISION_WAIT": "1s",
        "CONTINUUM_COLLECTOR_PERCENT": "100",
        "CONTINUUM_COLLECTOR_RETRY": "200ms",
        "CONTINUUM_METRICS_URL": f"{sink.url}/api/v1/otlp",
        **more,
    }


def agent_settings(home: Path, ports: Ports, *gateways: Ports) -> dict[str, str]:
    """The variables of an agent in front of gateways."""
    hosts = ", ".join(f'"127.0.0.1:{gateway.grpc}"' for gateway in gateways)
    return {
        **ports.settings("AGENT"),
        "CONTINUUM_AGENT_STORAGE": str(home / "queue"),
        "CONTINUUM_AGENT_RETRY": "200ms",
        "CONTINUUM_GATEWAYS": f"{{static: {{hostnames: [{hosts}]}}}}",
        "CONTINUUM_GATEWAY_PLAINTEXT": "true",
    }


def _ask(port: int, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/x-protobuf"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
