"""The statements that scrub each kind of thing that goes through the collector, made of the privacy policy."""
# ruff: noqa: INP001  # beside the script that uses it, in no package

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ottl import MARKER, any_of, listed, looks, replace, text
from scrub_shapes import DOTTED, FILE, shape, statement

from telemetry.privacy import policy, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORDS: Final = (
    words.ENUMERATIONS
    | words.VERBS
    | words.REDIS
    | words.OPERATIONS
    | words.ENDS
    | words.SIGNALS
    | set(policy.RULES)
    | policy.MARKERS
)
_SHAPES: Final = {**policy.SAFE_KEYS, "continuum.tenant.hash": "pseudonym"}
"""The tenant's pseudonym is in no policy for applications: only the gate itself may set it."""
KEYS: Final = {
    *_SHAPES,
    *policy.TREATED_KEYS,
    *words.NUMERIC_KEYS,
    policy.REPLACED_KEY,
} - policy.DROPPED_KEYS
_OF_RESOURCES: Final = (
    "cloud. container. deployment. faas. host. k8s. os. process. sentry. service. telemetry."
)
RESOURCE: Final = {key for key in KEYS if key.startswith(tuple(_OF_RESOURCES.split()))}
EVENT: Final = {key for key in KEYS if key.startswith("exception.")} | {"error.type"}


def of_attributes(keys: Iterable[str]) -> Iterator[str]:
    """For each key: its value stays when it looks like what the policy says of that key."""
    # Split is run for each item; as a list of literals these words take seconds to be read at the start.
    yield f'set(cache["words"], Split({text(" ".join(sorted(_WORDS)))}, " "))'
    for key in sorted(keys):
        yield _of_attribute(key, f'attributes["{key}"]')


def _of_attribute(key: str, at: str) -> str:
    form = _SHAPES.get(key)
    if form == "word":
        return replace(at, "unknown", f'IsString({at}) and ContainsValue(cache["words"], {at})')
    if form == "decimal":
        return replace(at, "shape", f"IsInt({at}) or IsBool({at}) or {looks(at, shape(form))}")
    if form is not None:
        return replace(at, "shape", f"IsString({at}) and {looks(at, shape(form))}")
    if key in policy.SQL_KEYS:
        return replace(at, "shape", f"IsString({at}) and {looks(at, statement())}")
    if key in policy.FILE_KEYS:
        return replace(at, "shape", f"IsString({at}) and {looks(at, FILE)}")
    if key in policy.TREATED_KEYS:
        rule = "path" if key in policy.URL_KEYS | policy.PATH_KEYS else "message"
        return f'set({at}, "[redacted:{rule}]") where {at} != nil'
    if key == policy.REPLACED_KEY:
        return f'delete_key(attributes, "{key}") where {at} != nil and not {looks(at, MARKER)}'
    number = f"IsInt({at}) or IsDouble({at}) or IsBool({at})"
    return f'delete_key(attributes, "{key}") where {at} != nil and not ({number})'


def of_scope() -> list[str]:
    """For an instrumentation's scope."""
    return [
        "keep_keys(attributes, [])",
        replace("name", "shape", looks("name", shape("logger"))),
        replace("version", "shape", f'version == "" or {looks("version", shape("version"))}'),
        'set(schema_url, "")',
    ]


def of_spans() -> list[str]:
    """For what a span has besides attributes: its name, status and trace state."""
    named = f"ContainsValue({listed(words.SPAN_NAMES | words.METHODS | policy.MARKERS)}, name)"
    known = (
        f"(?:{any_of(words.METHODS)}) {shape('route')}(?: http (?:send|receive))?",
        f"(?:{any_of(words.VERBS)}) {shape('source')}",
        f"(?:{any_of(words.VERBS | words.REDIS)})",
        f"(?:{any_of(words.OPERATIONS)}) {shape('label')}",
        DOTTED,
    )
    return [
        # A path without a route beside it is concrete: it holds ids and names.
        'replace_pattern(name, "^([A-Z]+) /.*$", "$$1") where attributes["http.route"] == nil',
        replace("name", "unknown", f"{named} or {looks('name', '|'.join(known))}"),
        'set(status.message, "[redacted:message]") where status.message != ""',
        'set(trace_state, "") where trace_state != ""',
    ]


def of_events() -> list[str]:
    """For the names of span events."""
    return [replace("name", "unknown", f"ContainsValue({listed(words.EVENT_NAMES | policy.MARKERS)}, name)")]


def of_logs() -> list[str]:
    """For a log record's body, level and name."""
    levels = "(?i:trace|debug|info|warn|warning|error|fatal|critical)[1-4]?"
    return [
        'set(body, "[redacted:message]") where body != nil',
        f'set(severity_text, "") where not {looks("severity_text", levels)}',
        f'set(event_name, "[redacted:unknown]") where event_name != "" and not {looks("event_name", DOTTED)}',
    ]


def of_metrics() -> list[str]:
    """For a metric's name and description."""
    units = "(?:[a-zA-Z%1]{0,12}|[{][a-z_]{1,24}[}])(?:/[a-z]{1,3})?"
    return [
        replace("name", "unknown", looks("name", DOTTED)),
        'set(description, "")',
        "clear(metadata)",
        f'set(unit, "") where not {looks("unit", units)}',
    ]
