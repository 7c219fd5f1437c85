"""Takes the spans out of an OTLP/JSON trace, and puts the clean ones back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.preview.otlp import as_otlp
from telemetry.preview.spans import gated_span, lined_up

if TYPE_CHECKING:
    from telemetry.gate.scrubbing import Scrubbing


def lined_up_trace(trace: dict[str, Any]) -> dict[str, Any]:
    """The same trace with its attributes as objects; every span knows its instrumentation scope."""
    return {
        **trace,
        "resourceSpans": [
            {
                **resource,
                "scopeSpans": [
                    {
                        **{key: value for key, value in scope.items() if key != "scope"},
                        "spans": [lined_up(span) | _scope(scope) for span in _objects(scope, "spans")],
                    }
                    for scope in _objects(resource, "scopeSpans")
                ],
            }
            for resource in _objects(trace, "resourceSpans")
        ],
    }


def gated_trace(trace: dict[str, Any], scrubbing: Scrubbing) -> dict[str, Any]:
    """What would leave of a trace that ``lined_up_trace`` made.

    Its resource is left out: what leaves is the sending process's own, made from its settings.
    """
    return {
        "resourceSpans": [
            {
                "scopeSpans": [
                    {"spans": [gated_span(span, scrubbing) for span in scope["spans"]]}
                    for scope in resource["scopeSpans"]
                ]
            }
            for resource in trace["resourceSpans"]
        ]
    }


def written_trace(clean: dict[str, Any]) -> dict[str, Any]:
    """A clean trace as OTLP/JSON again."""
    return {
        "resourceSpans": [
            {"scopeSpans": [_written_scope(scope["spans"]) for scope in resource["scopeSpans"]]}
            for resource in clean["resourceSpans"]
        ]
    }


def _scope(scope: dict[str, Any]) -> dict[str, Any]:
    return {"scope": scope["scope"]} if isinstance(scope.get("scope"), dict) else {}


def _written_scope(spans: list[dict[str, Any]]) -> dict[str, Any]:
    scope = next((span["scope"] for span in spans if "scope" in span), None)
    written = [as_otlp({key: value for key, value in span.items() if key != "scope"}) for span in spans]
    return {"spans": written} if scope is None else {"scope": scope, "spans": written}


def _objects(owner: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = owner.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
