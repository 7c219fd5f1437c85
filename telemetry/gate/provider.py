"""The tracer provider that has no ungated door: whatever is added to it stands behind the gate."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import SpanLimits, SynchronousMultiSpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace._tracer_metrics import NoOpTracerMetrics

from telemetry.gate.holding import ScopingSpanProcessor
from telemetry.gate.light_spans import LightTracer
from telemetry.gate.spans import GatedSpanProcessor

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.util.types import Attributes

    from telemetry.gate.scrubbing import Scrubbing


class GatedProcessors(SynchronousMultiSpanProcessor):
    """The provider's list of processors, each behind a gate; our own are gates themselves."""

    def __init__(self, scrubbing: Scrubbing) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # upstream has no types here
        self._scrubbing = scrubbing

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Add a processor behind the gate."""
        if not isinstance(span_processor, GatedSpanProcessor | ScopingSpanProcessor):
            span_processor = GatedSpanProcessor(span_processor, self._scrubbing)
        super().add_span_processor(span_processor)

    def flush_others(self, timeout: float) -> threading.Thread | None:
        """Start flushing the processors that others added; None when there are none.

        On a thread of its own: not every processor keeps to the time that it is given.
        """
        others = [
            processor for processor in self._span_processors if isinstance(processor, GatedSpanProcessor)
        ]
        if not others:
            return None

        def flush() -> None:
            for processor in others:
                processor.force_flush(int(timeout * 1000))

        thread = threading.Thread(target=flush, name="continuum-telemetry-others", daemon=True)
        thread.start()
        return thread


class GatedTracerProvider(TracerProvider):
    """A tracer provider whose processors see clean copies of ended spans, whoever added them."""

    def __init__(
        self,
        sampler: Sampler,
        resource: Resource,
        scrubbing: Scrubbing,
        id_generator: IdGenerator | None = None,
    ) -> None:
        self.processors = GatedProcessors(scrubbing)
        super().__init__(
            sampler=sampler,
            resource=resource,
            id_generator=id_generator,
            # Texts are cut behind the gate: half a secret looks like none.
            span_limits=SpanLimits(
                max_attribute_length=SpanLimits.UNSET, max_span_attribute_length=SpanLimits.UNSET
            ),
            shutdown_on_exit=False,
            active_span_processor=self.processors,
        )

    def _handle_fork(self) -> None:
        # The SDK's own runs resource detectors in a thread pool here, whose lock the child may find taken
        # for ever. What changes in a child is told by `describe`.
        self._tracers_lock = threading.Lock()

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> trace.Tracer:
        """A tracer; the same for the same names."""
        tracer = super().get_tracer(
            instrumenting_module_name, instrumenting_library_version, schema_url, attributes
        )
        if type(tracer) is Tracer and isinstance(tracer._tracer_metrics, NoOpTracerMetrics):  # noqa: SLF001  # else it counts spans
            tracer.__class__ = LightTracer  # the provider has it in its books, and keeps it up to date
        return tracer

    def describe(self, resource: Resource) -> None:
        """Add what became known about this service after the provider was made."""
        self._update_resource(resource)
