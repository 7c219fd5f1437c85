"""Whether anything is recorded here, and the instrumentation of Redis spared its work where nothing is.

It works out a name and attributes for each command, and asks only then for a span, which would record nothing. It
makes no outgoing headers, so nothing is missed: an HTTP client's goes on being asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from opentelemetry import trace

_MARK: Final = "_continuum_telemetry"


def is_unrecorded(span: trace.Span | None = None) -> bool:
    """Whether this runs below a local root span that isn't recorded. Without any span, a new one may be.

    Args:
        span: the current one, for whoever has it.

    """
    if span is None:
        span = trace.get_current_span()
    if span.is_recording():
        return False
    context = span.get_span_context()
    return context.is_valid and not context.is_remote and not context.trace_flags.sampled


def spare_redis() -> None:
    """The question that each of its wrappers asks first gets one more answer."""
    module: Any = import_module("opentelemetry.instrumentation.redis")
    original = module.is_instrumentation_enabled
    if getattr(original, _MARK, False):
        return

    def is_instrumentation_enabled() -> bool:
        return not is_unrecorded() and original()

    setattr(is_instrumentation_enabled, _MARK, True)
    module.is_instrumentation_enabled = is_instrumentation_enabled
