"""The gate for Sentry envelopes: rebuilt from an allow-list of item types, each scrubbed, all counted."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from telemetry.delivery.exchange import Target
from telemetry.gate.events import clean_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.sentry.dsn import Dsn
    from telemetry.trace_scope import TraceScope

ITEM_TYPES: Final = frozenset({"event", "transaction"})
"""Items that this gate can scrub. Attachments, profiles, replays and whatever comes next are withheld."""

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
        self.target = Target(
            dsn.envelope_url,
            {"Content-Type": "application/x-sentry-envelope", "X-Sentry-Auth": dsn.auth_header},
            categories=frozenset({"error", "transaction", "default"}),
        )
        # Where OpenTelemetry's spans go by OTLP, transactions of the SDK would tell everything twice.
        self._types = ITEM_TYPES if transactions else ITEM_TYPES - {"transaction"}
        self._public_key = dsn.public_key
        self._scrubbing = scrubbing

    def signal(self, item: Outgoing) -> str:
        """``error`` or ``transaction``; the type of what is withheld otherwise."""
        return signal_of(item.type)

    def gate(self, item: Outgoing, scope: TraceScope | None) -> tuple[dict[str, Any], str, bytes] | None:
        """The envelope's headers, the item's type and the scrubbed payload; None when it may not be sent."""
        if item.type not in self._types or not isinstance(item.event, dict):
            return None
        identity = self._scrubbing.identity()
        scrubber = self._scrubbing.of(scope)
        clean = clean_event(item.event, scope, scrubber, identity)
        headers: dict[str, Any] = {"event_id": clean["event_id"], "sent_at": datetime.now(UTC).isoformat()}
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
        return headers, item.type, json.dumps(clean, separators=(",", ":"), allow_nan=False).encode()

    def encode(self, clean: Sequence[tuple[dict[str, Any], str, bytes]]) -> bytes:
        """One envelope; its lane sends one at a time, because an envelope holds one event."""
        headers, kind, payload = clean[0]
        item = {"type": kind, "content_type": "application/json", "length": len(payload)}
        lines = (json.dumps(headers).encode(), json.dumps(item).encode(), payload, b"")
        return b"\n".join(lines)


class Outgoing:
    """One item of an envelope on its way to the gate."""

    __slots__ = ("event", "trace", "type")

    def __init__(self, item: Any, headers: dict[str, Any]) -> None:
        self.type = item.type or "unknown"
        self.event = getattr(item.payload, "json", None)
        self.trace = headers.get("trace")


def signal_of(item_type: str) -> str:
    """The ledger's name for an envelope item's type."""
    return "error" if item_type == "event" else item_type
