"""The gate for spans: a clean copy of each, handed on inside a guard.

A finished span cannot be edited, so scrubbing means building another one from what is known to be safe.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status

from telemetry import trace_scope
from telemetry.gate.started import StartedSpan
from telemetry.guard import Guard
from telemetry.privacy import policy, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

    from telemetry.gate.scrubbing import Scrubbing
    from telemetry.privacy.scrub import Scrubber
    from telemetry.trace_scope import TraceScope

TENANT = "continuum.tenant.hash"
_SCHEMA = re.compile(r"https://opentelemetry\.io/schemas/\d{1,3}(?:\.\d{1,3}){2}")
_MOST_SCOPES = 256
_PLAIN = frozenset({bool, int, float, str})
_INDIFFERENT = policy.DROPPED_KEYS | policy.PATH_KEYS
"""Keys of whose text nothing remains, whatever it is."""
_TRUSTED_SCOPES = ("opentelemetry.instrumentation.", "fastapi")


def clean_span(span: ReadableSpan, scope: TraceScope | None, scrubbing: Scrubbing) -> ReadableSpan:
    """A copy of a span that holds only what the policy lets through, with its tenant's pseudonym.

    What a span says is worked out once for all spans that say the same. They are recognised by a keyed hash,
    never by what they said; in ``strict`` only, where nothing depends on the request, and not when a word was
    unknown, because its module may be loaded yet.
    """
    instrumentation = span.instrumentation_scope
    module = instrumentation.name if instrumentation is not None else None
    raw = plain_attributes(span)
    said = _said(module, span, raw)
    scrubber = scrubbing.of(scope, module)
    known = scrubbing.described.get(said)
    if known is None:
        attributes = scrubber.attributes(raw)
        _describe(attributes, raw, span.kind)
        name = _name(span, attributes, scrubber)
        if said and "unknown" not in scrubber.rules:
            scrubbing.remember(said, name, attributes, scrubber.rules)
    else:
        name, attributes = known[0], known[1].copy()
        if known[2]:
            scrubber.rules.update(known[2])
    if scrubbing.longest is not None:
        attributes = _cut(attributes, scrubbing.longest)
    if scope is not None and scope.tenant is not None:
        attributes[TENANT] = scope.tenant
    raw_events, raw_links = span.events, span.links
    clean = ReadableSpan(
        name=name,
        context=_clean_context(span.get_span_context()),
        parent=_clean_context(span.parent),
        resource=span.resource,
        attributes=attributes,
        events=_clean_events(raw_events, scrubber, scrubbing.longest) if raw_events else (),
        links=_clean_links(raw_links, scrubber) if raw_links else (),
        kind=span.kind,
        status=_clean_status(span, scrubber),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=_clean_scope(instrumentation, scrubber, scrubbing.clean_scopes),
    )
    if scrubber.rules:
        scrubbing.ledger.redacted(scrubber.rules)
    return clean


def plain_attributes(span: ReadableSpan) -> dict[str, Any]:
    """A span's attributes as a dictionary; theirs takes a lock and some Python for each one that is read."""
    raw: Any = span.attributes
    return (raw.copy() if isinstance(raw, MappingProxyType) else dict(raw)) if raw else {}


def _said(module: str | None, span: ReadableSpan, raw: Mapping[str, Any]) -> int:
    """A keyed hash of what a span says; 0 when it holds values that can't be told apart safely."""
    values = tuple(raw.values())
    kinds = tuple(map(type, values))  # 1, 1.0 and True have the same hash
    if not _PLAIN.issuperset(kinds):
        return 0
    if not _INDIFFERENT.isdisjoint(raw):  # a path is each request's own, and nothing of it is left over
        values = tuple([None if key in _INDIFFERENT else value for key, value in raw.items()])
    negative = tuple(value == -1 for value in values) if -1 in values else None  # and so have -1 and -2
    return hash((module, span.kind, span.name, *raw, values, kinds, negative))


def _cut(attributes: dict[str, Any], longest: int | None) -> dict[str, Any]:
    """Clean attributes whose texts are no longer than an operator wants them."""
    if longest is None:
        return attributes
    return {
        key: value[:longest]
        if isinstance(value, str)
        else [item[:longest] if isinstance(item, str) else item for item in value]
        if isinstance(value, list | tuple)
        else value
        for key, value in attributes.items()
    }


def _clean_events(
    events: Sequence[Event], scrubber: Scrubber, longest: int | None = None
) -> tuple[Event, ...]:
    return tuple(
        Event(
            name="exception" if event.name == "exception" else scrubber.name(event.name),
            attributes=_cut(scrubber.attributes(event.attributes), longest),
            timestamp=event.timestamp,
        )
        for event in _each_once(events[: policy.MAX_EVENTS])
    )


def _each_once(events: Sequence[Event]) -> Sequence[Event]:
    """Events without exceptions that were recorded before: by who captured one, then by who saw it pass."""
    if len(events) < 2:
        return events
    kept: list[Event] = []
    seen: set[tuple[Any, Any]] = set()
    for event in events:
        if event.name == "exception" and event.attributes is not None:
            what = (event.attributes.get("exception.type"), event.attributes.get("exception.message"))
            if what in seen:
                continue
            seen.add(what)
        kept.append(event)
    return kept


def _clean_links(links: Sequence[Link], scrubber: Scrubber) -> tuple[Link, ...]:
    return tuple(
        Link(context, scrubber.attributes(link.attributes))
        for link in links
        if (context := _clean_context(link.context)) is not None
    )


def _clean_context(context: SpanContext | None) -> SpanContext | None:
    """Ids and flags. The trace state goes: whoever called us may have written anything into it."""
    if context is None or not context.trace_state:
        return context
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)


def _clean_status(span: ReadableSpan, scrubber: Scrubber) -> Status:
    """The status; its text is mostly that of the exception that the span recorded."""
    if span.status.description is None:
        return span.status
    raised = next((event.attributes or {} for event in span.events if event.name == "exception"), {})
    exception, sources = raised.get("exception.type"), scrubber.sources_of(raised.get("exception.stacktrace"))
    name = exception if isinstance(exception, str) else None
    return Status(span.status.status_code, scrubber.status(span.status.description, name, sources))


def _clean_scope(
    scope: InstrumentationScope | None,
    scrubber: Scrubber,
    passed: dict[InstrumentationScope, InstrumentationScope],
) -> InstrumentationScope | None:
    if scope is None or scope in passed:
        return scope if scope is None else passed[scope]
    name = scrubber.shaped("identifier", scope.name)
    version = scrubber.shaped("version", scope.version) if scope.version else scope.version
    schema = scope.schema_url if _SCHEMA.fullmatch(scope.schema_url or "") else None
    clean = InstrumentationScope(name, version, schema)
    if (name, version) == (scope.name, scope.version) and len(passed) < _MOST_SCOPES:
        passed[scope] = clean
    return clean


def _describe(attributes: dict[str, Any], raw: Any, kind: SpanKind) -> None:
    """Let the route stand for the path, and leave out places that may name somebody."""
    route = attributes.get("http.route")
    if route is not None:
        for key in policy.PATH_KEYS & raw.keys():
            attributes[key] = route
    if attributes.get("db.system.name", attributes.get("db.system")) == "sqlite":
        attributes.pop("db.namespace", None)  # a path on somebody's disk
    if kind is SpanKind.SERVER:
        for key in ("server.address", "net.peer.name"):
            # A host name that a client sent may name a tenant: acme.example.org.
            if key in attributes and policy.SHAPES["address"].fullmatch(attributes[key]) is None:
                del attributes[key]


def _name(span: ReadableSpan, attributes: dict[str, Any], scrubber: Scrubber) -> str:
    """A span's name, made again from its clean attributes where conventions say how."""
    instrumentation = span.instrumentation_scope.name if span.instrumentation_scope else ""
    if not instrumentation.startswith(_TRUSTED_SCOPES):
        return scrubber.name(span.name)
    method = attributes.get("http.request.method") or attributes.get("http.method")
    if method is not None and span.kind in (SpanKind.SERVER, SpanKind.CLIENT):
        route = attributes.get("http.route")
        shown = "HTTP" if method == "_OTHER" else method
        return f"{shown} {route}" if route is not None else str(shown)
    if span.kind is SpanKind.SERVER and "http.route" in attributes:  # a websocket has a route and no method
        return str(attributes["http.route"])
    statement = attributes.get("db.query.text") or attributes.get("db.statement")
    if statement is not None:
        summary = sql.summary(statement)
        attributes["db.operation.name"] = summary.partition(" ")[0]
        return summary
    prefix, _, rest = span.name.partition(" ")
    if prefix == "BackgroundTask":
        return f"{prefix} {scrubber.shaped('name', rest)}"
    if attributes.get("db.system.name", attributes.get("db.system")) == "redis":
        return scrubber.shaped("word", span.name)
    return scrubber.name(span.name)


class GatedSpanProcessor(SpanProcessor):
    """Stands in front of another processor: it sees only clean copies of ended spans.

    Whatever anyone adds to our provider is put behind one of these.
    """

    def __init__(self, downstream: SpanProcessor, scrubbing: Scrubbing, adapt: Adapter | None = None) -> None:
        self._downstream = downstream
        self._scrubbing = scrubbing
        self._guard = Guard(scrubbing.ledger, f"span gate of {type(downstream).__name__}")
        self._adapt = adapt

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Pass on that a span was started; nothing of it is exported yet."""
        with self._guard:
            started = StartedSpan(
                span, lambda raw: clean_span(raw, trace_scope.of_span(span), self._scrubbing)
            )
            self._downstream.on_start(started, parent_context)  # type: ignore[arg-type]  # reads like a span

    def _on_ending(self, span: Span) -> None:
        # Not on_end: the SDK gives that a fresh copy, which no longer knows its trace scope. By now the
        # span's end time is set and its attributes are frozen.
        with self._guard:
            if not span.get_span_context().trace_flags.sampled:
                return
            clean = clean_span(span, trace_scope.of_span(span), self._scrubbing)
            self._downstream.on_end(self._adapt(clean) if self._adapt else clean)

    def shutdown(self) -> None:
        """Shut the processor behind the gate down."""
        with self._guard:
            self._downstream.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the processor behind the gate."""
        with self._guard:
            return self._downstream.force_flush(timeout_millis)
        return False


if TYPE_CHECKING:
    Adapter = Callable[[ReadableSpan], ReadableSpan]
