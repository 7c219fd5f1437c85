"""Puts in words what a backend answered, and what to do about it; read from the ledger and a courier's state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telemetry.doctor.finding import ok, problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.doctor.finding import Finding

_DETAIL: Final = re.compile(r"(?:\(|: )((?:HTTP|gRPC) [^()]*|\w+Error)(?:\)|$)")
"""Where a courier's trouble quotes the exchange: in brackets, or at its end."""
_KEY: Final = "look at SENTRY_DSN, or for a collector at OTEL_EXPORTER_OTLP_HEADERS."
_STATUS: Final = {
    "401": f"The key is not known there: {_KEY}",
    "403": f"The key may not send there: {_KEY}",
    "404": "The address or the project is wrong, or the server has no such endpoint.",
    "405": "The address is wrong: something else listens there.",
    "413": "The backend takes no body of this size: raise its limit.",
    "415": "The address is wrong, or the backend takes no protobuf there.",
    "429": "The backend wants less: look at the quota and its rate limits.",
}
_NETWORK: Final = {
    "NameResolutionError": "Its name can't be resolved: look at the address, and at DNS.",
    "NewConnectionError": "Nobody listens there: look at the address, the port, and whether it runs.",
    "ConnectTimeoutError": "Nobody answers there: look at the firewall, and at HTTPS_PROXY.",
    "ReadTimeoutError": "It accepts connections but doesn't answer: look at the backend.",
    "SSLError": "TLS failed: look at the certificate, OTEL_EXPORTER_OTLP_CERTIFICATE, and http against https.",
    "ProxyError": "The proxy refused: look at HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
    "ProtocolError": "It hung up: look at the backend, and at what stands in front of it.",
}
_GRPC: Final = {
    "UNAVAILABLE": _NETWORK["NewConnectionError"],
    "DEADLINE_EXCEEDED": _NETWORK["ReadTimeoutError"],
    "UNAUTHENTICATED": _STATUS["401"],
    "PERMISSION_DENIED": _STATUS["403"],
    "UNIMPLEMENTED": _STATUS["404"],
    "RESOURCE_EXHAUSTED": _STATUS["429"],
}
_IN_GENERAL: Final = "Look at the backend, and at its log."
_WITHHELD: Final = "Report it: the ledger's faults say where."


@dataclass(frozen=True)
class Sent:
    """One test item: in words what it is, its name in the ledger, and its finding's id."""

    id: str
    title: str
    signal: str


def examine(
    sent: Sent, courier: Mapping[str, Any], ends: Mapping[str, int], accepted: int, seconds: float
) -> Finding:
    """What became of a test item.

    Args:
        sent: which one.
        courier: the state of the courier that took it, as its ``status`` tells.
        ends: how many items of its signal ended in which way since it was sent.
        accepted: how many came to the gate since.
        seconds: for how long an answer was waited for.

    """
    host, trouble = courier["to"], courier["trouble"] or ""
    if ends.get("rejected"):
        said = _quoted(trouble) or "without a word"
        return problem(sent.id, f"{host} refused {sent.title}: {said}.", _advice(said))
    if ends.get("withheld"):
        return problem(sent.id, f"The gate withheld {sent.title}: it could not be scrubbed.", _WITHHELD)
    if ends.get("delivered"):
        return ok(sent.id, f"{host} took {sent.title}.")
    if not accepted:
        return problem(
            sent.id,
            f"Nothing was made of {sent.title}, so {host} was not asked.",
            "Run it without a launcher, and look at the settings above.",
        )
    if trouble:
        said = _quoted(trouble)
        how = "did not take" if said.startswith(("HTTP", "gRPC")) else "could not be reached for"
        return problem(sent.id, f"{host} {how} {sent.title}: {said}.", _advice(said))
    if sum(ends.values()):
        return problem(
            sent.id, f"{sent.title} was lost: {', '.join(sorted(ends))}.".capitalize(), _IN_GENERAL
        )
    return problem(
        sent.id,
        f"{host} gave no answer to {sent.title} within {seconds:g} s.",
        f"{_NETWORK['ReadTimeoutError']} --timeout SECONDS waits longer.",
    )


def _quoted(trouble: str) -> str:
    found = _DETAIL.search(trouble)
    return found[1] if found else trouble


def _advice(detail: str) -> str:
    kind, _, rest = detail.partition(" ")
    if kind == "gRPC":
        return _GRPC.get(rest.partition(":")[0], _IN_GENERAL)
    if kind == "HTTP":
        return _STATUS.get(
            rest, _IN_GENERAL if rest.startswith("5") else f"The address may be wrong. {_IN_GENERAL}"
        )
    return _NETWORK.get(detail, _IN_GENERAL)
