"""Sentry events and transactions, rebuilt from an allow-list of fields: what isn't named here isn't sent.

Source of the fields: Sentry's event payload reference; the rest of an event (``request``, ``vars``,
``threads``, ``modules``, ``debug_meta`` …) holds what applications and people put in.
"""

from __future__ import annotations

import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from telemetry.privacy import policy, program, words
from telemetry.privacy.shapes import SHAPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.identity import Identity
    from telemetry.privacy.scrub import Scrubber
    from telemetry.trace_scope import TraceScope

MAX_FRAMES: Final = 100
MAX_EXCEPTIONS: Final = 20
MAX_BREADCRUMBS: Final = 100
MAX_SPANS: Final = 1000

_HEX = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_LEVELS = frozenset({"fatal", "error", "warning", "info", "debug"})

_TRACE_IDS: Final = ("trace_id", "span_id", "parent_span_id")
_TRACE_WORDS: Final = {"op": "name", "status": "word", "origin": "name"}
# Tags of our own; the text of others is treated like that of an attribute.
_TAGS: Final = {
    "cli_command": "name",
    "federation_peer": "pseudonym",
    "http.route": "route",
    "instance_id": "pseudonym",
    "memory_operation": "name",
    "model_type": "label",
    "operation": "name",
}
_OURS: Final = ("telemetry.",)
_RUNTIME: Final = {"name": platform.python_implementation(), "version": platform.python_version()}


def clean_event(
    event: dict[str, Any], scope: TraceScope | None, scrubber: Scrubber, identity: Identity
) -> dict[str, Any]:
    """A copy of an error event or transaction that holds only what is known to be safe.

    Who sends is taken from ``identity``, and the user is the tenant's pseudonym: whatever an application
    put there is left out.
    """
    transaction = event.get("type") == "transaction"
    clean: dict[str, Any] = {
        "event_id": event["event_id"] if _is_hex(event.get("event_id")) else uuid4().hex,
        "platform": "python",
        "environment": identity.environment,
        "server_name": identity.server_name,
        "sdk": {"name": "sentry.python", "version": _version("sentry-sdk")},
    }
    if transaction:
        clean["type"] = "transaction"
    if identity.release is not None:
        clean["release"] = identity.release
    if event.get("level") in _LEVELS:
        clean["level"] = event["level"]
    if event.get("logger"):
        clean["logger"] = scrubber.shaped("logger", event["logger"])
    for key in ("timestamp", "start_timestamp"):
        if (stamp := _timestamp(event.get(key))) is not None:
            clean[key] = stamp
    if event.get("transaction"):
        clean["transaction"] = _transaction_name(event["transaction"], scrubber)
        clean["transaction_info"] = {"source": "route"}
    for key, rebuild in _PARTS.items():
        if event.get(key):
            clean[key] = rebuild(event[key], scrubber)
    if event.get("logentry"):
        clean["logentry"] = {"formatted": _log_line(event["logentry"], event.get("logger"), scrubber)}
    clean.setdefault("tags", {})["service.instance.id"] = identity.instance_id
    clean.setdefault("contexts", {})["runtime"] = _RUNTIME
    if scope is not None and scope.tenant is not None:
        clean["user"] = {"id": scope.tenant}
        spans = [clean["contexts"].get("trace", {})] if transaction else []
        for span in (*spans, *clean.get("spans", ())):
            span.setdefault("data", {})["continuum.tenant.hash"] = scope.tenant
    return clean


@cache
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "0"


def _is_hex(value: Any) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _timestamp(value: Any) -> str | float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return value if isinstance(value, str) and _STAMP.fullmatch(value) else None


def _transaction_name(name: Any, scrubber: Scrubber) -> str:
    """``METHOD /route/{template}``, a method alone, or a name."""
    if not isinstance(name, str):
        return scrubber.name(name)
    method, _, route = name.partition(" ")
    if method in words.METHODS:
        return f"{method} {scrubber.shaped('route', route)}" if route else method
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
    module, kind = item.get("module"), item.get("type")
    dotted = f"{module}.{kind}" if isinstance(module, str) else kind
    known = scrubber.shaped("class", dotted)
    clean: dict[str, Any] = {
        "type": kind if known == dotted else known,
        "value": scrubber.message(item.get("value") or "", dotted, _sources(item.get("stacktrace"))),
    }
    if isinstance(module, str) and known == dotted:
        clean["module"] = module
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


def _sources(stacktrace: Any) -> list[str]:
    """The files of loaded modules in a stack, innermost first."""
    frames = _list(stacktrace.get("frames")) if isinstance(stacktrace, dict) else []
    paths = [frame.get("abs_path") for frame in reversed(frames) if isinstance(frame, dict)]
    return [path for path in paths if isinstance(path, str) and program.module_at(path) is not None]


def _source_of_logger(name: Any) -> list[str]:
    """The file of the module that a logger is named after, which is where its lines are written."""
    path = program.source_of(name) if isinstance(name, str) else None
    return [path] if path is not None else []


def _stacktrace(stacktrace: dict[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    frames = _list(stacktrace.get("frames"))[-MAX_FRAMES:]
    return {"frames": [_frame(frame, scrubber) for frame in frames if isinstance(frame, dict)]}


def _frame(frame: dict[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    """A frame in the source of a loaded module; of any other only that it was there."""
    path, function = frame.get("abs_path"), frame.get("function")
    shown = program.shown_path(path) if isinstance(path, str) else None
    clean: dict[str, Any] = {"filename": "<unknown>" if shown is None else shown}
    if isinstance(path, str) and shown is not None:
        module = program.module_at(path) or ""
        clean["module"] = module
        clean["function"] = scrubber.function(module, function) if isinstance(function, str) else "<unknown>"
        if isinstance(frame.get("vars"), dict):
            clean["vars"] = _variables(frame["vars"], module, scrubber)
        # The SDK goes by the working directory, which says little about where an application lives.
        own = not program.is_library(path) and not module.startswith(_OURS)
        clean["in_app"] = own or frame.get("in_app") is True
    if isinstance(frame.get("lineno"), int):
        clean["lineno"] = frame["lineno"]
    return clean


def _variables(variables: dict[Any, Any], module: str, scrubber: Scrubber) -> dict[str, str]:
    """The shapes of local variables; names and classes that stand in the code, and no values."""
    clean: dict[str, str] = {}
    for name, text in list(variables.items())[: policy.MAX_ITEMS]:
        found = SHAPE.fullmatch(text) if isinstance(text, str) else None
        if found is None or not isinstance(name, str):
            continue
        kind = found["name"]
        clean[scrubber.function(module, name)] = text if kind is None else scrubber.shaped("kind", kind)
    return clean


def _breadcrumbs(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    crumbs = []
    for crumb in _list(value)[-MAX_BREADCRUMBS:]:
        if not isinstance(crumb, dict):
            continue
        clean: dict[str, Any] = {
            "type": scrubber.shaped("word", crumb.get("type") or "default"),
            "category": scrubber.shaped("logger", crumb.get("category") or "root"),
        }
        if crumb.get("level") in _LEVELS:
            clean["level"] = crumb["level"]
        if (stamp := _timestamp(crumb.get("timestamp"))) is not None:
            clean["timestamp"] = stamp
        if crumb.get("logentry"):
            clean["message"] = _log_line(crumb["logentry"], crumb.get("category"), scrubber)
        elif crumb.get("message"):
            clean["message"] = scrubber.message(
                crumb["message"], None, _source_of_logger(crumb.get("category"))
            )
        if isinstance(crumb.get("data"), dict):
            clean["data"] = scrubber.attributes(crumb["data"])
        crumbs.append(clean)
    return {"values": crumbs}


def _contexts(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    if not isinstance(value, dict):
        return clean
    trace = value.get("trace")
    if isinstance(trace, dict):
        clean["trace"] = {key: trace[key] for key in _TRACE_IDS if _is_hex(trace.get(key))}
        clean["trace"] |= _known_words(trace, _TRACE_WORDS, scrubber)
        if isinstance(trace.get("data"), dict) and trace["data"]:
            clean["trace"]["data"] = scrubber.attributes(trace["data"])
    otel = value.get("otel")
    if isinstance(otel, dict) and isinstance(otel.get("attributes"), dict):
        clean["otel"] = {"attributes": scrubber.attributes(otel["attributes"])}
    return clean


def _known_words(source: dict[str, Any], shapes: dict[str, str], scrubber: Scrubber) -> dict[str, str]:
    """Words that are known. Others are left out: Sentry refuses a marker in the place of its own words."""
    return {
        key: source[key]
        for key, shape in shapes.items()
        if isinstance(source.get(key), str) and scrubber.shaped(shape, source[key]) == source[key]
    }


def _tags(value: Any, scrubber: Scrubber) -> dict[str, Any]:
    pairs = value.items() if isinstance(value, dict) else [pair for pair in value if len(pair) == 2]
    clean = {}
    for key, text in list(pairs)[: policy.MAX_ITEMS]:
        if key in _TAGS:
            clean[key] = scrubber.shaped(_TAGS[key], text)
        elif isinstance(key, str):
            clean.update(scrubber.attributes({key: text}))
    return clean


def _log_line(entry: Any, logger: Any, scrubber: Scrubber) -> str:
    """A log line's template without its arguments, as far as it stands in the module that wrote it."""
    if not isinstance(entry, dict):
        return scrubber.message(entry or "", None, _source_of_logger(logger))
    path = entry.get("path")
    loaded = isinstance(path, str) and program.module_at(path) is not None
    sources = [str(path)] if loaded else _source_of_logger(logger)
    return scrubber.log(entry.get("message") or entry.get("formatted") or "", entry.get("params"), sources)


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
        clean: dict[str, Any] = {key: span[key] for key in _TRACE_IDS if _is_hex(span.get(key))}
        for key in ("timestamp", "start_timestamp"):
            if (stamp := _timestamp(span.get(key))) is not None:
                clean[key] = stamp
        clean["op"] = scrubber.name(span.get("op") or "default")
        clean["description"] = _description(span, data, scrubber)
        clean |= _known_words(span, {"status": "word", "origin": "name"}, scrubber)
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
    return scrubber.name(span.get("description") or "default")


_PARTS: Final[dict[str, Callable[[Any, Scrubber], Any]]] = {
    "exception": _exceptions,
    "breadcrumbs": _breadcrumbs,
    "contexts": _contexts,
    "tags": _tags,
    "message": lambda value, scrubber: scrubber.message(value if isinstance(value, str) else ""),
    "fingerprint": _fingerprint,
    "spans": _spans,
    "extra": lambda value, scrubber: scrubber.attributes(value) if isinstance(value, dict) else {},
}
