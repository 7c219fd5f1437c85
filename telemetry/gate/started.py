"""A started span as other people's processors see it: they may write to it, and read only what is clean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan, Span
    from opentelemetry.trace import SpanContext, Status, StatusCode
    from opentelemetry.util.types import Attributes, AttributeValue


class StartedSpan(trace.Span):
    """Passes writes on to a live span; whatever is read of it comes from a clean copy made at that moment.

    A processor may keep the span it is given at its start and look at it when the span has ended.
    """

    def __init__(self, span: Span, clean: Callable[[ReadableSpan], ReadableSpan]) -> None:
        self.__span = span
        self.__clean = clean

    def __getattr__(self, name: str) -> Any:
        """Attributes of a readable span: ``name``, ``attributes``, ``events``, ``status``, ``start_time``."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.__clean(self.__span), name)

    def get_span_context(self) -> SpanContext:
        """Ids and flags."""
        return self.__span.get_span_context()

    def is_recording(self) -> bool:
        """Whether the span still takes anything."""
        return self.__span.is_recording()

    def end(self, end_time: int | None = None) -> None:
        """End the span."""
        self.__span.end(end_time)

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Set some attributes."""
        self.__span.set_attributes(attributes)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set one attribute."""
        self.__span.set_attribute(key, value)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Add an event."""
        self.__span.add_event(name, attributes, timestamp)

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        """Add a link."""
        self.__span.add_link(context, attributes)

    def update_name(self, name: str) -> None:
        """Name the span anew."""
        self.__span.update_name(name)

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status."""
        self.__span.set_status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Add an exception's event."""
        self.__span.record_exception(exception, attributes, timestamp, escaped)
