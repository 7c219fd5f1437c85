"""Where an OTLP collector is, and how it is spoken to: the standard ``OTEL_EXPORTER_OTLP_*`` variables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from telemetry.configuration.environment import Reading
from telemetry.configuration.forms import FILE, PAIRS, TRUE_OR_FALSE, URL, file, flag, one_of, pairs, url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from telemetry.configuration.environment import Environment

Signal = Literal["traces", "logs", "metrics"]

SIGNALS: Final[tuple[Signal, ...]] = ("traces", "logs", "metrics")
PROTOCOLS: Final = ("http/protobuf", "grpc")
LONGEST_TIMEOUT: Final = 300.0
GRPC_PORT: Final = 4317
_BASE: Final = "OTEL_EXPORTER_OTLP_"


@dataclass(frozen=True)
class Collector:
    """One signal's endpoint. Each variable's own form for the signal goes before the general one."""

    url: str
    """ENDPOINT: as it stands when it is the signal's own, with ``/v1/SIGNAL`` added when it is the general one."""
    protocol: str = "http/protobuf"
    """PROTOCOL: how it is spoken to; grpc needs the extra of that name."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """HEADERS: sent to the collector only."""
    timeout: float = 10.0
    """TIMEOUT: seconds for one exchange."""
    compression: Literal["gzip", "none"] = "gzip"
    """COMPRESSION: of the bodies; gzip is our default, not the standard's."""
    certificate: str | None = None
    """CERTIFICATE: a file of certificates to trust."""
    client_certificate: str | None = None
    """CLIENT_CERTIFICATE: a file with our own certificate, for mutual TLS."""
    client_key: str | None = field(default=None, repr=False)
    """CLIENT_KEY: a file with its private key."""
    insecure: bool = False
    """INSECURE: whether an address for grpc that has no scheme is spoken to without TLS."""

    @classmethod
    def of(cls, env: Environment, signal: Signal) -> Collector | None:
        """The collector that an environment names for a signal; None when it names none."""
        readings = dict(cls.readings(signal))
        address = readings.pop("url")
        # Read all the same where there is no endpoint: what is wrong is said either way.
        options: dict[str, Any] = {
            name: env.read(reading, cls.__dataclass_fields__[name].default)
            for name, reading in readings.items()
        }
        grpc = options["protocol"] == "grpc"
        if grpc:
            address = replace(address, parse=_grpc_address(insecure=options["insecure"]))
        endpoint: str | None = env.read(address, None)
        if endpoint is None:
            return None
        general = env.sources[address.setting] == address.variables[-1]
        return cls(_below(endpoint, f"v1/{signal}") if general and not grpc else endpoint, **options)

    @staticmethod
    def readings(signal: Signal) -> Mapping[str, Reading]:
        """How each attribute is read for a signal."""
        return {
            attribute: Reading(
                f"otlp_{signal}_{attribute}",
                (f"{_BASE}{signal.upper()}_{name}", f"{_BASE}{name}"),
                parse,
                accepted,
            )
            for attribute, name, parse, accepted in _OPTIONS
        }


def _grpc_address(*, insecure: bool) -> Callable[[str], str]:
    """Reads ``http(s)://host:port``; without a scheme, TLS is wanted unless somebody said that it isn't."""

    def parse(raw: str) -> str:
        parts = urlsplit(url(raw if "://" in raw else f"{'http' if insecure else 'https'}://{raw}"))
        return f"{parts.scheme}://{parts.netloc}" + ("" if parts.port else f":{GRPC_PORT}")

    return parse


def _timeout(raw: str) -> float:
    value = float(raw)
    if not 0.0 < value <= LONGEST_TIMEOUT:
        raise ValueError("out of range")
    return value


_OPTIONS: Final[tuple[tuple[str, str, Callable[[str], Any], str], ...]] = (
    ("url", "ENDPOINT", url, URL),
    ("protocol", "PROTOCOL", one_of(*PROTOCOLS), " or ".join(PROTOCOLS)),
    ("headers", "HEADERS", pairs, PAIRS),
    ("timeout", "TIMEOUT", _timeout, "seconds, above 0 and up to 300"),
    ("compression", "COMPRESSION", one_of("gzip", "none"), "gzip or none"),
    ("certificate", "CERTIFICATE", file, FILE),
    ("client_certificate", "CLIENT_CERTIFICATE", file, FILE),
    ("client_key", "CLIENT_KEY", file, FILE),
    ("insecure", "INSECURE", flag, TRUE_OR_FALSE),
)


def _below(endpoint: str, path: str) -> str:
    """An address below another one; a query stays where queries are."""
    parts = urlsplit(endpoint)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))
