"""Sentry's own ingest library looks at every event that a sink received: it must reject and strip nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from sentry_relay import processing
except ImportError:  # no wheel for this platform; the other assertions of each test still stand
    processing = None

if TYPE_CHECKING:
    from telemetry.testing.sink import Sink

_STRICTEST = {
    "scrubData": True,
    "scrubIpAddresses": True,
    "scrubDefaults": True,
    "sensitiveFields": [],
    "excludeFields": [],
}


def assert_nothing_to_add(sink: Sink) -> None:
    """Normalise and strip each error and transaction as Sentry would; fail on any error or remark of it."""
    if processing is None:
        return
    config = processing.convert_datascrubbing_config(_STRICTEST)
    for event in (*sink.errors(), *sink.transactions()):
        accepted = processing.StoreNormalizer(project_id=1, protocol_version="7").normalize_event(event)
        assert not list(_remarks(accepted.get("_meta"))), list(_remarks(accepted.get("_meta")))
        left = list(_remarks(processing.pii_strip_event(config, accepted).get("_meta")))
        assert not left, left


def _remarks(meta: Any, path: str = "") -> Any:
    """Where ``_meta`` notes an error or a remark."""
    for key, inner in meta.items() if isinstance(meta, dict) else ():
        if key == "" and (inner.get("err") or inner.get("rem")):
            yield f"{path}: {inner}"
        elif key != "":
            yield from _remarks(inner, f"{path}.{key}")
