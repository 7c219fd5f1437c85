"""Sentry events and transactions, rebuilt from an allow-list of fields: what isn't named here isn't sent.

Source of the fields: Sentry's event payload reference; the rest of an event (``request``, ``extra`` text,
``vars``, ``threads``, ``debug_meta`` …) holds what applications and people put in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from telemetry.privacy import policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.privacy.scrub import Scrubber
    from telemetry.trace_scope import TraceScope

MAX_FRAMES: Final = 100
MAX_EXCEPTIONS: Final = 20
MAX_BREADCRUMBS: Final = 100
MAX_SPANS: Final = 1000

_HEX = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_LEVELS = frozenset({"fatal", "error", "warning", "info", "debug"})

# Fields that are copied when their string has the shape.
_PLAIN: Final = {
    "type": "word",
    "platform": "word",
    "level": "word",
    "logger": "identifier",
    "release": "label",
    "dist": "label",
    "environment": "label",
    "server_name": "label",
}
_CONTEXTS: Final = {
    "runtime": {"name": "word", "version": "version"},
    "os": {"name": "word", "version": "version"},
    "trace": {
        "trace_id": "hex",
        "span_id": "hex",
        "parent_span_id": "hex",
        "op": "name",
        "status": "word",
        "origin": "name",
    },
}
# Tags of our own; others are told from content by nothing, so their text is replaced.
_TAGS: Final = {
    "cli_command": "name",
    "environment": "label",
    "federation_peer": "pseudonym",
    "http.route": "route",
    "memory_operation": "name",
    "model_type": "label",
    "operation": "name",
    "release": "label",
}
_FRAME: Final = {"filename": "source", "function": "identifier", "module": "identifier"}


def clean_event(event: dict[str, Any], scope: TraceScope | None, scrubber: Scrubber) -> dict[str, Any]:
    """A copy of an error event or transaction that holds only what is known to be safe."""
    clean: dict[str, Any] = {}
    for key, shape in _PLAIN.items():
        if isinstance(event.get(key), str):
            clean[key] = scrubber.shaped(shape, event[key])
    if isinstance(event.get("event_id"), str) and _HEX.fullmatch(event["event_id"]):
        clean["event_id"] = event["event_id"]
    for key in ("timestamp", "start_timestamp"):
        if (stamp := _timestamp(event.get(key))) is not None:
            clean[key] = stamp
    if "transaction" in event:
        clean["transaction"] = _transaction_name(event["transaction"], scrubber)
        clean["transaction_info"] = {"source": "route"}
    for key, rebuild in _PARTS.items():
        if event.get(key):
            clean[key] = rebuild(event[key], scrubber)
    if scope is not None and scope.tenant is not None:
        clean["user"] = {"id": scope.tenant}
        for span in clean.get("spans", ()):
            span.setdefault("data", {})["continuum.tenant.hash"] = scope.tenant
        trace = clean.get("contexts", {}).get("trace")
        if trace is not None and event.get("type") == "transaction":
            trace.setdefault("data", {})["continuum.tenant.hash"] = scope.tenant
    return clean


def _timestamp(value: Any) -> str | float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value if isinstance(value, str) and _STAMP.fullmatch(value) else None


def _transaction_name(name: Any, scrubber: Scrubber) -> str:
    """``METHOD /route/{template}``, a dotted name, or a marker."""
    method, _, route = str(name).partition(" ") if isinstance(name, str) else ("", "", "")
    if route and policy.SHAPES["word"].fullmatch(method):
        return f"{method} {scrubber.shaped('route', route)}"
    if method.isupper() and not route and len(method) < 10:
        return method
    return scrubber.name(name)


def _list(value: Any) -> list[Any]:
    """The entries of an interface that is a list or ``{"values": list}``."""
    if isinstance(value, dict):
        value = value.get("values")
    return value if isinstance(value, list) else []


def _exceptions(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    return {
        "values": [
            _exception(item, scrubber) for item in _list(value)[:MAX_EXCEPTIONS] if isinstance(item, dict)
        ]
    }


def _exception(item: dict[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    clean: dict[str, Any] = {
        "type": scrubber.shaped("identifier", item.get("type") or "Exception"),
        "value": scrubber.message(item.get("value") or ""),
    }
    if isinstance(item.get("module"), str):
        clean["module"] = scrubber.shaped("identifier", item["module"])
    mechanism = item.get("mechanism")
    if isinstance(mechanism, dict):
        clean["mechanism"] = {
            key: mechanism[key]
            for key in ("handled", "is_exception_group", "exception_id", "parent_id")
            if isinstance(mechanism.get(key), bool | int)
        }
        clean["mechanism"]["type"] = scrubber.shaped("word", mechanism.get("type") or "generic")
    if isinstance(item.get("stacktrace"), dict):
        clean["stacktrace"] = _stacktrace(item["stacktrace"], scrubber)
    return clean


def _stacktrace(stacktrace: dict[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    frames = []
    for frame in stacktrace.get("frames", ())[-MAX_FRAMES:]:
        clean: dict[str, Any] = {
            key: scrubber.shaped(shape, frame[key])
            for key, shape in _FRAME.items()
            if isinstance(frame.get(key), str)
        }
        for key in ("lineno", "in_app"):
            if isinstance(frame.get(key), int):
                clean[key] = frame[key]
        frames.append(clean)
    return {"frames": frames}


def _breadcrumbs(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    crumbs = []
    for crumb in _list(value)[-MAX_BREADCRUMBS:]:
        if not isinstance(crumb, dict):
            continue
        clean: dict[str, Any] = {
            "type": scrubber.shaped("word", crumb.get("type") or "default"),
            "category": scrubber.shaped("identifier", crumb.get("category") or "default"),
        }
        if crumb.get("level") in _LEVELS:
            clean["level"] = crumb["level"]
        if (stamp := _timestamp(crumb.get("timestamp"))) is not None:
            clean["timestamp"] = stamp
        if crumb.get("message"):
            clean["message"] = scrubber.message(crumb["message"])
        if isinstance(crumb.get("data"), dict):
            clean["data"] = scrubber.attributes(crumb["data"])
        crumbs.append(clean)
    return {"values": crumbs}


def _contexts(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    if not isinstance(value, dict):
        return clean
    for name, fields in _CONTEXTS.items():
        context = value.get(name)
        if isinstance(context, dict):
            clean[name] = {
                key: scrubber.shaped(shape, context[key])
                for key, shape in fields.items()
                if isinstance(context.get(key), str)
            }
    trace = value.get("trace")
    if isinstance(trace, dict) and isinstance(trace.get("data"), dict) and trace["data"]:
        clean["trace"]["data"] = scrubber.attributes(trace["data"])
    otel = value.get("otel")
    if isinstance(otel, dict) and isinstance(otel.get("attributes"), dict):
        clean["otel"] = {"attributes": scrubber.attributes(otel["attributes"])}
    return clean


def _tags(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    pairs = value.items() if isinstance(value, dict) else [pair for pair in value if len(pair) == 2]
    clean = {}
    for key, text in list(pairs)[: policy.MAX_ITEMS]:
        if key in _TAGS:
            clean[key] = scrubber.shaped(_TAGS[key], text)
        elif isinstance(key, str):
            clean.update(scrubber.attributes({key: text}))
    return clean


def _logentry(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    message = value.get("message") or value.get("formatted") if isinstance(value, dict) else value
    return {"formatted": scrubber.message(message or "")}


def _sdk(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {
        "name": scrubber.shaped("identifier", value.get("name") or "sentry.python"),
        "version": scrubber.shaped("version", value.get("version") or "0"),
        "integrations": [scrubber.shaped("word", item) for item in _list(value.get("integrations"))],
    }


def _modules(value: Any, scrubber: Scrubber) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {
        name: scrubber.shaped("version", version)
        for name, version in value.items()
        if isinstance(name, str) and policy.SHAPES["word"].fullmatch(name)
    }


def _fingerprint(value: Any, scrubber: Scrubber) -> list[str]:
    parts = []
    for part in _list(value)[:10]:
        known = part in ("{{ default }}", "{{default}}")
        parts.append(part if known else scrubber.name(part))
    return parts


def _spans(value: Any, scrubber: Scrubber) -> list[dict[str, Any]]:
    spans = []
    for span in _list(value)[:MAX_SPANS]:
        if not isinstance(span, dict):
            continue
        data = scrubber.attributes(span.get("data")) if isinstance(span.get("data"), dict) else {}
        clean: dict[str, Any] = {
            key: span[key]
            for key in ("trace_id", "span_id", "parent_span_id")
            if isinstance(span.get(key), str) and _HEX.fullmatch(span[key])
        }
        for key in ("timestamp", "start_timestamp"):
            if (stamp := _timestamp(span.get(key))) is not None:
                clean[key] = stamp
        clean["op"] = scrubber.shaped("identifier", span.get("op") or "default")
        clean["description"] = _description(span, data, scrubber)
        if isinstance(span.get("status"), str):
            clean["status"] = scrubber.shaped("word", span["status"])
        clean["origin"] = scrubber.shaped("identifier", span.get("origin") or "manual")
        clean["data"] = data
        spans.append(clean)
    return spans


def _description(span: dict[str, Any], data: dict[str, Any], scrubber: Scrubber) -> str:
    """A span's description: the statement's template, the route, or its plain name."""
    statement = data.get("db.query.text") or data.get("db.statement")
    if isinstance(statement, str):
        return statement
    if "http.route" in data:
        return f"{data.get('http.request.method', 'HTTP')} {data['http.route']}"
    text = span.get("description")
    return text if text == span.get("op") and text else scrubber.name(text)


_PARTS: Final[dict[str, Callable[[Any, Scrubber], Any]]] = {
    "exception": _exceptions,
    "breadcrumbs": _breadcrumbs,
    "contexts": _contexts,
    "tags": _tags,
    "logentry": _logentry,
    "message": lambda value, scrubber: scrubber.message(value if isinstance(value, str) else ""),
    "sdk": _sdk,
    "modules": _modules,
    "fingerprint": _fingerprint,
    "spans": _spans,
    "extra": lambda value, scrubber: scrubber.attributes(value) if isinstance(value, dict) else {},
}
