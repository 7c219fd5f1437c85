"""One sampler for everything: what was decided upstream is honoured, new traces are sampled by rate."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import create_key, get_value
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind, TraceState
    from opentelemetry.util.types import Attributes

DEFERRED = create_key("continuum-sampling-deferred")
"""In a context: the caller sent a trace to continue and left the decision to us."""


def build(name: str, rate: float) -> Sampler:
    """The sampler with one of OpenTelemetry's names; ``rate`` counts for the two ``traceidratio`` ones."""
    roots: dict[str, Sampler] = {
        "always_on": ALWAYS_ON,
        "always_off": ALWAYS_OFF,
        "traceidratio": TraceIdRatioBased(rate),
    }
    root = roots[name.removeprefix("parentbased_")]
    return UpstreamAware(root) if name.startswith("parentbased_") else root


class UpstreamAware(ParentBased):
    """Honours the parent's decision, and decides itself when a remote parent made none."""

    def __init__(self, root: Sampler) -> None:
        super().__init__(root)
        self._deciding = root

    def should_sample(  # noqa: PLR0917  # the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Sample by the root sampler for new and deferred traces, otherwise as the parent says."""
        parent = trace.get_current_span(parent_context).get_span_context()
        if parent.is_valid and not parent.is_remote:  # as the base class would, which asks for all this again
            if parent.trace_flags.sampled:
                return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, parent.trace_state)
            return SamplingResult(Decision.DROP, None, parent.trace_state)
        if not parent.is_valid or get_value(DEFERRED, parent_context):
            return self._deciding.should_sample(
                parent_context, trace_id, name, kind, attributes, links, trace_state
            )
        return super().should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)


_chosen: ContextVar[int | None] = ContextVar("continuum_chosen_trace_id", default=None)


class ChosenIdGenerator(RandomIdGenerator):
    """Random ids; a trace that was decided on ahead gets the id that the decision was made for."""

    def generate_trace_id(self) -> int:
        """The chosen id, once, or a random one of 128 bits."""
        chosen = _chosen.get()
        if chosen is None:
            return super().generate_trace_id()
        _chosen.set(None)
        return chosen


def choose(trace_id: int | None) -> None:
    """Let the next trace that this task or thread begins have an id; None takes it back."""
    _chosen.set(trace_id)
