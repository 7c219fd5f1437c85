"""Spans that take less work on the application's thread than the SDK's own.

Nearly all spans have no links, no events and a handful of plain attributes, and what is below a recorded span is
recorded, whatever the sampler. In all else these are the SDK's spans, and as soon as one is unusual it has what the
SDK's have. Our sampler never has a span recorded without being sampled.
"""

from __future__ import annotations

import threading
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import Span, Tracer
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, TraceFlags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, TraceState
    from opentelemetry.util.types import AnyValue, Attributes

_PLAIN: Final = frozenset({str, bool, int, float})
_UNSET: Final = Status()
_FLAGS: Final = {
    (sampled, random): TraceFlags(TraceFlags.SAMPLED * sampled | TraceFlags.RANDOM_TRACE_ID * random)
    for sampled in (False, True)
    for random in (False, True)
}


class LightSpan(Span):
    """A span whose attributes are a dictionary while they are plain and few, without room for events and links.

    Its processors are ours, which look at a span when it ends and need no copy of it.
    """

    def __init__(
        self, tracer: Tracer, name: str, kind: SpanKind, context: SpanContext, parent: SpanContext | None
    ) -> None:
        # Instead of the base class's, which makes a container with bounds and a lock for each kind of thing.
        self._name, self._kind, self._context, self._parent = name, kind, context, parent
        self._start_time: int | None = None
        self._end_time: int | None = None
        self._status = _UNSET
        self._attributes: Any = {}
        self._events: Any = ()
        self._links: Any = ()
        self._resource = tracer.resource
        self._instrumentation_info = tracer.instrumentation_info
        self._instrumentation_scope = tracer._instrumentation_scope  # noqa: SLF001  # as the SDK's tracer does
        self._span_processor = tracer.span_processor
        self._sampler = tracer.sampler
        self._limits = tracer._span_limits  # noqa: SLF001  # as the SDK's tracer does
        self._trace_config = self._record_end_metrics = None
        self._lock = threading.Lock()

    def say(self, attributes: Attributes, links: Sequence[Link] | None, records: bool, marks: bool) -> None:
        """What it was started with, and whether an exception that it sees is recorded and marks it."""
        self._record_exception, self._set_status_on_exception = records, marks
        if links:
            self._become_usual(links)
        if attributes:
            self.set_attributes(attributes)

    def start(self, start_time: int | None = None, parent_context: Context | None = None) -> None:
        """Begin, now or at a time in nanoseconds since the epoch."""
        self._start_time = time_ns() if start_time is None else start_time
        self._span_processor.on_start(self, parent_context)

    def set_attribute(self, key: str, value: AnyValue) -> None:
        """Set one attribute."""
        kept, most = self._attributes, self._limits.max_span_attributes
        if (
            type(value) in _PLAIN
            and type(key) is str
            and key
            and type(kept) is dict
            and (most is None or len(kept) < most)
            and self._end_time is None
        ):
            kept[key] = value
        else:
            self._become_usual()
            super().set_attribute(key, value)

    def set_attributes(self, attributes: Mapping[str, AnyValue]) -> None:
        """Set some attributes."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def _add_event(self, event: Any) -> None:
        self._become_usual()
        super()._add_event(event)

    def _add_link(self, link: Link) -> None:
        self._become_usual()
        super()._add_link(link)

    def end(self, end_time: int | None = None) -> None:
        """End the span; what it says is read on the sender's thread."""
        with self._lock:
            is_light = self._end_time is None and type(self._attributes) is dict
            if is_light:
                self._end_time = time_ns() if end_time is None else end_time
        if is_light:
            self._span_processor._on_ending(self)  # noqa: SLF001  # what the SDK calls; see the gate's processors
        else:
            super().end(end_time)

    def _become_usual(self, links: Sequence[Link] = ()) -> None:
        """Have the containers that the SDK's own spans have."""
        with self._lock:
            if type(self._attributes) is dict:
                self._attributes = BoundedAttributes(
                    self._limits.max_span_attributes, self._attributes, immutable=self._end_time is not None
                )
                self._events = self._new_events()  # type: ignore[no-untyped-call]  # the SDK's own
                self._links = self._new_links(links)


class LightTracer(Tracer):
    """A tracer of the SDK whose spans are light ones."""

    def start_span(  # noqa: PLR0917  # the SDK's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        """Start a span, not making it the current one."""
        above = trace.get_current_span(context)
        parent = above.get_span_context()
        if not self._is_enabled():
            return NonRecordingSpan(parent)
        if getattr(above, "_span_processor", None) is self.span_processor:  # recorded, and our provider's
            trace_id, flags = parent.trace_id, parent.trace_flags
            state: TraceState | None = parent.trace_state
        else:
            ids = self.id_generator
            trace_id = parent.trace_id if parent.is_valid else ids.generate_trace_id()
            is_random = parent.trace_flags.random_trace_id if parent.is_valid else ids.is_trace_id_random()
            decided = self.sampler.should_sample(context, trace_id, name, kind, attributes, links)
            flags = _FLAGS[decided.decision is Decision.RECORD_AND_SAMPLE, is_random]
            state, attributes = decided.trace_state, decided.attributes
        own = SpanContext(
            trace_id,
            self.id_generator.generate_span_id(),
            is_remote=False,
            trace_flags=flags,
            trace_state=state,
        )
        if not flags.sampled:
            return NonRecordingSpan(own)
        span = LightSpan(self, name, kind, own, parent if parent.is_valid else None)
        span.say(attributes, links, record_exception, set_status_on_exception)
        span.start(start_time, context)
        return span
