"""Where an OTLP collector is, and how it is spoken to: the standard ``OTEL_EXPORTER_OTLP_*`` variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from telemetry.environment import flag, one_of, pairs, url

if TYPE_CHECKING:
    from telemetry.environment import Environment

Signal = Literal["traces", "logs", "metrics"]

SIGNALS: Final[tuple[Signal, ...]] = ("traces", "logs", "metrics")
PROTOCOLS: Final = ("http/protobuf", "grpc")
LONGEST_TIMEOUT: Final = 300.0
GRPC_PORT: Final = 4317
_BASE: Final = "OTEL_EXPORTER_OTLP_"
_ADDRESS: Final = "an absolute http or https URL without credentials"
_FILE: Final = "the path of a readable file"


@dataclass(frozen=True)
class Collector:
    """One signal's endpoint. Each variable's own form for the signal goes before the general one."""

    url: str
    """ENDPOINT: as it stands when it is the signal's own, with ``/v1/SIGNAL`` added when it is the general one."""
    protocol: str = "http/protobuf"
    """PROTOCOL: ``http/protobuf`` or ``grpc``."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """HEADERS: sent to the collector only."""
    timeout: float = 10.0
    """TIMEOUT: seconds for one exchange."""
    compression: Literal["gzip", "none"] = "gzip"
    """COMPRESSION: ``gzip``, which is ours by default, or ``none``."""
    certificate: str | None = None
    """CERTIFICATE: a file of certificates to trust."""
    client_certificate: str | None = None
    """CLIENT_CERTIFICATE: a file with our own certificate, for mutual TLS."""
    client_key: str | None = field(default=None, repr=False)
    """CLIENT_KEY: a file with its private key."""

    @classmethod
    def of(cls, env: Environment, signal: Signal) -> Collector | None:
        """The collector that an environment names for a signal; None when it names none."""
        reader = _Reader(env, signal)
        protocol = reader.first("PROTOCOL", one_of(*PROTOCOLS), " or ".join(PROTOCOLS), cls.protocol)
        endpoint = reader.endpoint(protocol)
        # Read all the same where there is no endpoint: what is wrong is said either way.
        options = {
            "protocol": protocol,
            "headers": reader.first("HEADERS", pairs, "key=value,…", ()),
            "timeout": reader.first("TIMEOUT", _timeout, "seconds, above 0 and up to 300", cls.timeout),
            "compression": reader.first(
                "COMPRESSION", one_of("gzip", "none"), "gzip or none", cls.compression
            ),
            "certificate": reader.first("CERTIFICATE", file, _FILE, None),
            "client_certificate": reader.first("CLIENT_CERTIFICATE", file, _FILE, None),
            "client_key": reader.first("CLIENT_KEY", file, _FILE, None),
        }
        return None if endpoint is None else cls(endpoint, **options)


class _Reader:
    """Reads the variables of one signal, each from its own name first."""

    def __init__(self, env: Environment, signal: Signal) -> None:
        self._env = env
        self._signal = signal
        self._own = f"{_BASE}{signal.upper()}_"

    def first(self, name: str, parse: Any, accepted: str, otherwise: Any) -> Any:
        variables = (f"{self._own}{name}", f"{_BASE}{name}")
        setting = f"otlp_{self._signal}_{name.lower()}"
        return self._env.first(setting, *variables, parse=parse, accepted=accepted, otherwise=otherwise)

    def endpoint(self, protocol: str) -> str | None:
        setting = f"otlp_{self._signal}_url"

        def read(variable: str) -> str | None:
            found: str | None = self._env.first(
                setting, variable, parse=parse, accepted=_ADDRESS, otherwise=None
            )
            return found

        def parse(raw: str) -> str:
            return self._grpc_address(raw) if protocol == "grpc" else url(raw)

        own = read(f"{self._own}ENDPOINT")
        if own is not None:
            return own
        base = read(f"{_BASE}ENDPOINT")
        return base if base is None or protocol == "grpc" else f"{base}/v1/{self._signal}"

    def _grpc_address(self, raw: str) -> str:
        """``http(s)://host:port``; without a scheme, INSECURE says whether TLS is wanted, and it is by default."""
        if "://" in raw:
            parts = urlsplit(url(raw))
        else:
            insecure = self.first("INSECURE", flag, "true or false", otherwise=False)
            parts = urlsplit(url(f"{'http' if insecure else 'https'}://{raw}"))
        return f"{parts.scheme}://{parts.netloc}" + ("" if parts.port else f":{GRPC_PORT}")


def _timeout(raw: str) -> float:
    value = float(raw)
    if not 0.0 < value <= LONGEST_TIMEOUT:
        raise ValueError("out of range")
    return value


def file(raw: str) -> str:
    """The path of a file that can be read."""
    try:
        with Path(raw).open("rb"):
            return raw
    except OSError as error:
        raise ValueError("not readable") from error
