"""Sends an event through the gate for events, and lines its fields up with what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.gate.events import clean_event
from telemetry.privacy import program

if TYPE_CHECKING:
    from telemetry.gate.scrubbing import Scrubbing

_LISTS = ("exception", "breadcrumbs")


def gated_event(event: dict[str, Any], scrubbing: Scrubbing) -> dict[str, Any]:
    """What would leave of an event that no request stands behind."""
    return clean_event(_located(event), None, scrubbing.of(None), scrubbing.identity())


def _located(event: dict[str, Any]) -> dict[str, Any]:
    """The same event, whose frames have their file's whole path where it was shortened by a gate before.

    An event that was cleaned already, such as one copied from a backend, has none; the gate asks for it.
    """
    raised = event.get("exception")
    values = raised.get("values") if isinstance(raised, dict) else None
    if not isinstance(values, list):
        return event
    return event | {"exception": {"values": [_with_paths(item) for item in values]}}


def _with_paths(item: Any) -> Any:
    stack = item.get("stacktrace") if isinstance(item, dict) else None
    frames = stack.get("frames") if isinstance(stack, dict) else None
    if not isinstance(frames, list):
        return item
    return item | {"stacktrace": {"frames": [_with_path(frame) for frame in frames]}}


def _with_path(frame: Any) -> Any:
    module = frame.get("module") if isinstance(frame, dict) and "abs_path" not in frame else None
    path = program.source_of(module) if isinstance(module, str) else None
    if path is None or frame.get("filename") != program.shown_path(path):
        return frame
    return frame | {"abs_path": path}


def lined_up(event: dict[str, Any]) -> dict[str, Any]:
    """The same event with its fields where the gate puts them, so that both sides have the same paths."""
    lined = dict(event)
    for key in _LISTS:
        if isinstance(event.get(key), list):
            lined[key] = {"values": event[key]}
    tags = event.get("tags")
    if isinstance(tags, list):
        lined["tags"] = {str(pair[0]): pair[1] for pair in tags if isinstance(pair, list) and len(pair) == 2}
    entry = event.get("logentry")
    if isinstance(entry, str):
        lined["logentry"] = {"formatted": entry}
    elif isinstance(entry, dict) and entry.get("message"):
        # The template is what the gate looks at; the line that was made of it is never sent.
        rest = {key: value for key, value in entry.items() if key not in ("message", "formatted")}
        lined["logentry"] = {"formatted": entry["message"], **rest}
    return lined
