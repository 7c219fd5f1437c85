"""Tells which form an operator's input has: an event, a trace, a span or plain text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

ACCEPTED: Final = (
    'a Sentry event as a JSON object ("exception", "breadcrumbs", "message" …), '
    'an OTLP/JSON trace ("resourceSpans"), '
    'a span as a JSON object ("name", "attributes", "events" …), or plain text'
)
_EVENT: Final = frozenset(
    {
        "breadcrumbs",
        "contexts",
        "event_id",
        "exception",
        "extra",
        "fingerprint",
        "logentry",
        "message",
        "request",
        "spans",
        "tags",
        "transaction",
        "user",
    }
)
_ONLY_EVENT: Final = frozenset({"breadcrumbs", "event_id", "exception", "logentry", "transaction"})


class UnknownFormError(ValueError):
    """The input has none of the accepted forms. The message never quotes it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; expected {ACCEPTED}")


@dataclass(frozen=True)
class Form:
    """An input and what it is: ``event``, ``trace``, ``span`` or ``text``."""

    kind: str
    value: Any


def recognised(text: str) -> Form:
    """The form of an input.

    Raises:
        UnknownFormError: it is empty, broken JSON, or JSON of another kind.

    """
    if not text.strip():
        raise UnknownFormError("the input is empty")
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise UnknownFormError("the JSON is nested too deeply") from error
    except ValueError as error:
        # A log line may begin with a bracket or a number; what begins with a brace was meant as an object.
        if text.lstrip().startswith("{"):
            raise UnknownFormError("the JSON can't be read") from error
        return Form("text", text.rstrip("\r\n"))
    if not isinstance(value, dict):
        raise UnknownFormError("the JSON is no object")
    return _object(value)


def _object(value: dict[str, Any]) -> Form:
    if isinstance(value.get("resourceSpans"), list):
        return Form("trace", value)
    if isinstance(value.get("name"), str) and not _ONLY_EVENT & value.keys():
        return Form("span", value)
    if _EVENT & value.keys():
        return Form("event", value)
    raise UnknownFormError("the JSON object is neither event nor trace nor span")
