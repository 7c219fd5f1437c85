"""Reads a Sentry event payload as an error."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from telemetry.inspector import redactions
from telemetry.inspector.plain import epoch_ms, hex_id, mapping, maybe_text, plain, sequence, text

if TYPE_CHECKING:
    from telemetry.inspector.records import Error


def read_error(event: dict[str, Any], envelope_event_id: str | None) -> Error:
    """Turn an event payload of any quality into an error; parts with an unexpected shape are left out.

    Its trace and span come from ``contexts.trace``. Frames come from each exception, or from the thread that
    crashed or is current when no exception carries any.
    """
    exceptions = [_exception(mapping(value)) for value in sequence(event.get("exception"))]
    contexts = mapping(plain(event.get("contexts")))
    trace = mapping(contexts.get("trace"))
    main = exceptions[-1] if exceptions else {}
    mechanism = mapping(main.get("mechanism"))
    handled = mechanism.get("handled")
    error: Error = {
        "event_id": hex_id(event.get("event_id"), 32) or envelope_event_id or uuid.uuid4().hex,
        "time_ms": epoch_ms(event.get("timestamp")) or time.time() * 1000,
        "level": maybe_text(event.get("level")) or "error",
        "type": maybe_text(main.get("type")) or ("Error" if main else "Message"),
        "value": maybe_text(main.get("value")) or _message(event),
        "trace_id": hex_id(trace.get("trace_id"), 32),
        "span_id": hex_id(trace.get("span_id"), 16),
        "handled": handled if isinstance(handled, bool) else None,
        "transaction": maybe_text(event.get("transaction")),
        "release": maybe_text(event.get("release")),
        "environment": maybe_text(event.get("environment")),
        "server_name": maybe_text(event.get("server_name")),
        "platform": maybe_text(event.get("platform")),
        "sdk": _sdk(mapping(event.get("sdk"))),
        "logger": maybe_text(event.get("logger")),
        "user": mapping(plain(event.get("user"))),
        "tags": _tags(event.get("tags")),
        "contexts": contexts,
        "extra": mapping(plain(event.get("extra"))),
        "request": mapping(plain(event.get("request"))),
        "breadcrumbs": [_breadcrumb(mapping(crumb)) for crumb in sequence(event.get("breadcrumbs"))[-100:]],
        "exceptions": exceptions,
        "redactions": {},
    }
    error["redactions"] = redactions.count(
        {key: value for key, value in error.items() if not (exceptions and key in ("type", "value"))}
    )
    return error


def _message(event: dict[str, Any]) -> str:
    entry = mapping(event.get("logentry"))
    return maybe_text(entry.get("formatted") or entry.get("message") or event.get("message")) or ""


def _sdk(sdk: dict[str, Any]) -> str | None:
    return maybe_text(f"{text(sdk.get('name', ''))} {text(sdk.get('version', ''))}".strip())


def _tags(tags: Any) -> dict[str, Any]:
    # Sentry takes tags as a mapping or as pairs.
    if isinstance(tags, list):
        tags = {text(pair[0]): pair[1] for pair in tags if isinstance(pair, list) and len(pair) == 2}
    return mapping(plain(tags))


def _breadcrumb(crumb: dict[str, Any]) -> dict[str, Any]:
    return {
        "time_ms": epoch_ms(crumb.get("timestamp")),
        "category": maybe_text(crumb.get("category")) or maybe_text(crumb.get("type")) or "",
        "level": maybe_text(crumb.get("level")) or "info",
        "message": maybe_text(crumb.get("message")) or "",
        "data": mapping(plain(crumb.get("data"))),
    }


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = sequence(mapping(value.get("stacktrace")).get("frames"))
    return {
        "type": maybe_text(value.get("type")) or "Error",
        "value": maybe_text(value.get("value")) or "",
        "module": maybe_text(value.get("module")),
        "mechanism": mapping(plain(value.get("mechanism"))) or None,
        "frames": [_frame(mapping(frame)) for frame in frames[-200:]],
    }


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        key: maybe_text(frame.get(key))
        for key in ("function", "module", "filename", "abs_path", "context_line")
    }
    line = frame.get("lineno")
    kept["lineno"] = line if isinstance(line, int) and 0 < line < 10_000_000 else None
    kept["in_app"] = frame.get("in_app") is True
    for key in ("pre_context", "post_context"):
        kept[key] = [text(line) for line in sequence(frame.get(key))[:20]]
    kept["vars"] = mapping(plain(frame.get("vars")))
    return kept
