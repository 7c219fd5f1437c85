"""The gate for Sentry envelopes: rebuilt from an allow-list of item types, each scrubbed, all counted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from telemetry.gate.events import clean_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.gate.trail import Trail
    from telemetry.sentry.dsn import Dsn
    from telemetry.trace_scope import TraceScope

ITEM_TYPES: Final = frozenset({"event", "transaction"})
"""Items that this gate can scrub. Attachments, profiles, replays and whatever comes next are withheld."""

FEWEST_FRAMES: Final = 20
"""Frames of each stack that an event keeps when it is too large for its backend."""
_OF_AN_EVENT: Final = 20_000
"""About the bytes of an event in memory: a stack and some breadcrumbs."""

_TRACE_HEADER: Final = {
    "trace_id": re.compile(r"[0-9a-f]{32}"),
    "sample_rate": re.compile(r"[01](?:\.[0-9]{1,16})?"),
    "sample_rand": re.compile(r"0(?:\.[0-9]{1,16})?"),
    "sampled": re.compile(r"true|false"),
}


class EnvelopeExporter:
    """Scrubs one event or transaction and writes it as an envelope of its own."""

    name = "Sentry envelopes"

    def __init__(self, dsn: Dsn, scrubbing: Scrubbing, *, transactions: bool) -> None:
        # Where OpenTelemetry's spans go by OTLP, transactions of the SDK would tell everything twice.
        self._types = ITEM_TYPES if transactions else ITEM_TYPES - {"transaction"}
        self._public_key = dsn.public_key
        self._scrubbing = scrubbing

    def signal(self, item: Outgoing) -> str:
        """``error`` or ``transaction``; the type of what is withheld otherwise."""
        return signal_of(item.type)

    def weight(self, item: Outgoing) -> int:  # noqa: ARG002  # measuring an event costs more than it tells
        """About the same for each."""
        return _OF_AN_EVENT

    def gate(self, item: Outgoing, scope: TraceScope | None) -> tuple[dict[str, Any], str, bytes] | None:
        """The envelope's headers, the item's type and the scrubbed payload; None when it may not be sent."""
        if item.type not in self._types or not isinstance(item.event, dict):
            return None
        identity = self._scrubbing.identity()
        scrubber = self._scrubbing.of(scope)
        clean = clean_event(item.event, scope, scrubber, identity)
        if item.trail is not None:
            item.trail.lead_to(clean, scope, self._scrubbing)
        # Without `sent_at`: an envelope may wait on disk for hours, and Sentry would take that for a clock
        # that is wrong, and move the event's time.
        headers: dict[str, Any] = {"event_id": clean["event_id"]}
        if isinstance(item.trace, dict):
            headers["trace"] = {
                "public_key": self._public_key,
                "environment": identity.environment,
                **({"release": identity.release} if identity.release is not None else {}),
                **{
                    key: item.trace[key]
                    for key, form in _TRACE_HEADER.items()
                    if isinstance(item.trace.get(key), str) and form.fullmatch(item.trace[key])
                },
            }
        self._scrubbing.ledger.redacted(scrubber.rules)
        return headers, item.type, _json(clean)

    def encode(self, clean: Sequence[tuple[dict[str, Any], str, bytes]]) -> bytes:
        """One envelope; its lane sends one at a time, because an envelope holds one event."""
        return _written(*clean[0])

    def split(self, body: bytes) -> list[tuple[int, bytes]]:  # noqa: ARG002  # the interface's
        """Nothing: an envelope holds one event."""
        return []

    def trim(self, body: bytes) -> bytes | None:
        """An event without breadcrumbs and variables, with the innermost frames of each stack."""
        headers, item, payload, _ = body.split(b"\n", 3)
        event = json.loads(payload)
        event.pop("breadcrumbs", None)
        event["spans"] = event.get("spans", [])[: len(event.get("spans", ())) // 2]
        for exception in event.get("exception", {}).get("values", ()):
            if "stacktrace" in exception:
                frames = exception["stacktrace"]["frames"][-FEWEST_FRAMES:]
                exception["stacktrace"]["frames"] = [
                    {key: value for key, value in frame.items() if key != "vars"} for frame in frames
                ]
        return _written(json.loads(headers), json.loads(item)["type"], _json(event))


def _json(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":"), allow_nan=False).encode()


def _written(headers: dict[str, Any], kind: str, payload: bytes) -> bytes:
    """An envelope of one item."""
    item = {"type": kind, "content_type": "application/json", "length": len(payload)}
    return b"\n".join((json.dumps(headers).encode(), json.dumps(item).encode(), payload, b""))


class Outgoing:
    """One item of an envelope on its way to the gate."""

    __slots__ = ("event", "trace", "trail", "type")

    def __init__(self, item: Any, headers: dict[str, Any]) -> None:
        self.trail: Trail | None = None
        """What was done before an error, where that is known."""
        self.type = item.type or "unknown"
        self.event = getattr(item.payload, "json", None)
        self.trace = headers.get("trace")


def signal_of(item_type: str) -> str:
    """The ledger's name for an envelope item's type."""
    return "error" if item_type == "event" else item_type
