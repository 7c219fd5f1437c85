"""How much one span may hold: the standard ``OTEL_ATTRIBUTE_*_LIMIT`` and ``OTEL_SPAN_*_LIMIT``.

OpenTelemetry's SDK reads these itself, some of them when it is imported, and raises for a value that is none;
so they are read here first, to say what is wrong and take it out of the SDK's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telemetry.configuration.environment import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.configuration.environment import Environment

ACCEPTED: Final = "a whole number from 0 to 1000000"


@dataclass(frozen=True)
class Limits:
    """What a span keeps; what comes after is dropped by the SDK, which counts it on the span."""

    attributes: int | None = None
    """OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_ATTRIBUTE_COUNT_LIMIT: attributes of a span; 128 when not set."""
    events: int | None = None
    """OTEL_SPAN_EVENT_COUNT_LIMIT: events of a span; 128 when not set."""
    links: int | None = None
    """OTEL_SPAN_LINK_COUNT_LIMIT: links of a span; 128 when not set."""
    event_attributes: int | None = None
    """OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT, OTEL_ATTRIBUTE_COUNT_LIMIT: attributes of an event; 128 when not set."""
    link_attributes: int | None = None
    """OTEL_LINK_ATTRIBUTE_COUNT_LIMIT, OTEL_ATTRIBUTE_COUNT_LIMIT: attributes of a link; 128 when not set."""
    length: int | None = None
    """OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: characters of an attribute's
    text; no limit of its own when not set."""

    @classmethod
    def of(cls, env: Environment) -> Limits:
        """The limits that an environment asks for."""
        return cls(**{name: env.read(reading, None) for name, reading in LIMITED.items()})


def _limit(raw: str) -> int:
    value = int(raw)
    if not 0 <= value <= 1_000_000:
        raise ValueError(ACCEPTED)
    return value


def _reading(attribute: str, *variables: str) -> Reading:
    return Reading(f"limit_{attribute}", variables, _limit, ACCEPTED)


_COUNT: Final = "OTEL_ATTRIBUTE_COUNT_LIMIT"

LIMITED: Final[Mapping[str, Reading]] = {
    "attributes": _reading("attributes", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", _COUNT),
    "events": _reading("events", "OTEL_SPAN_EVENT_COUNT_LIMIT"),
    "links": _reading("links", "OTEL_SPAN_LINK_COUNT_LIMIT"),
    "event_attributes": _reading("event_attributes", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", _COUNT),
    "link_attributes": _reading("link_attributes", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", _COUNT),
    "length": _reading(
        "length", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"
    ),
}
"""How each attribute is read."""
