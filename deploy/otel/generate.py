"""Writes scrub.yaml, the part of the collector's configuration that follows from the privacy policy.

The collector is a second wall: it sees what anybody sends to its port, and not the code that the words come
from. So it is stricter than the gate in the application. Only keys of the policy stay, each value has to look like
its key; text that is free (messages, stack traces, paths, bodies) is replaced whole. What it can't tell is a single
word of the right shape under a key for names: that is the application's gate to know.

Run ``python deploy/otel/generate.py`` after a change of the policy; ``--check`` only says whether it is needed.
"""
# ruff: noqa: INP001, T201  # a script beside what it writes, in no package; it speaks to whoever runs it

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from re2 import WORD, translate

from telemetry.privacy import policy, words
from telemetry.privacy.patterns import VALUE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TARGET: Final = Path(__file__).with_name("scrub.yaml")
HEAD: Final = """\
# Made by deploy/otel/generate.py from telemetry/privacy: change the policy there, and run it again.
# Rules for running text only are not here, because no running text passes; checksums are not looked at.
"""
_MARKER: Final = r"\[redacted:[a-z0-9-]{2,24}\]"
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
_KEYS: Final = {
    *_SHAPES,
    *policy.TREATED_KEYS,
    *words.NUMERIC_KEYS,
    policy.REPLACED_KEY,
} - policy.DROPPED_KEYS
_OF_RESOURCES: Final = (
    "cloud. container. deployment. faas. host. k8s. os. process. sentry. service. telemetry."
)
_RESOURCE: Final = {key for key in _KEYS if key.startswith(tuple(_OF_RESOURCES.split()))}
_EVENT: Final = {key for key in _KEYS if key.startswith("exception.")} | {"error.type"}
_SPACED: Final = frozenset({"label", "name", "thread"})
"""Shapes that may hold spaces in the application. A sentence has them too, and here nobody knows its words."""
_FILE: Final = (
    r"(?:[A-Za-z0-9_.<>-]{0,100}/){1,9}[A-Za-z0-9_.<>-]{1,100}|[A-Za-z0-9_-]{1,60}\.py|<[a-z. ]{1,40}>"
)
_DOTTED: Final = r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+"


def main() -> int:
    """Write the file, or with ``--check`` compare it; 1 when it isn't what the policy says."""
    text = scrubbing()
    if "--check" in sys.argv[1:]:
        if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print(
            "scrub.yaml doesn't follow the policy: run python deploy/otel/generate.py",
            file=sys.stderr,
        )
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


def scrubbing() -> str:
    """The processors ``filter/scrub``, ``redaction/scrub`` and ``transform/scrub`` as YAML."""
    return "\n".join([HEAD.rstrip(), "processors:", *_filter(), *_redaction(), *_transform(), ""])


def _filter() -> Iterator[str]:
    yield "  # No processor reaches into links and exemplars: what has some is left out, and counted."
    yield "  filter/scrub:"
    yield "    error_mode: propagate"
    yield "    trace_conditions:"
    yield "      - Len(span.links) > 0"
    yield "    metric_conditions:"
    yield "      - Len(datapoint.exemplars) > 0"


def _redaction() -> Iterator[str]:
    yield "  redaction/scrub:"
    yield "    allow_all_keys: false"
    yield "    summary: silent"
    yield "    allowed_keys:"
    yield from (f"      - {key}" for key in sorted(_KEYS))
    yield "    blocked_values:"
    for rule in VALUE_RULES:
        if not rule.prose and rule.pattern is not None:
            # A collector's configuration expands what follows a dollar sign.
            yield f"      # {rule.id}"
            yield f"      - {_quoted(translate(rule.pattern).replace('$', '$$'))}"


def _transform() -> Iterator[str]:
    yield "  transform/scrub:"
    yield "    # A statement that fails refuses the batch: what can't be scrubbed is not sent."
    yield "    error_mode: propagate"
    yield "    trace_statements:"
    yield "      - context: resource"
    yield "        statements: &resource"
    yield from _listed([*_kept(_RESOURCE), *_of_attributes(_RESOURCE), 'set(schema_url, "")'])
    yield "      - context: scope"
    yield "        statements: &scope"
    yield from _listed(_of_scope())
    yield "      - context: span"
    yield "        statements: &attributes"
    yield from _listed([*_kept(_KEYS), *_of_attributes(_KEYS)])
    yield "      - context: span"
    yield "        statements:"
    yield from _listed(_of_spans())
    yield "      - context: spanevent"
    yield "        statements:"
    yield from _listed([*_kept(_EVENT), *_of_attributes(_EVENT), *_of_events()])
    yield "    log_statements:"
    yield "      - context: resource"
    yield "        statements: *resource"
    yield "      - context: scope"
    yield "        statements: *scope"
    yield "      - context: log"
    yield "        statements: *attributes"
    yield "      - context: log"
    yield "        statements:"
    yield from _listed(_of_logs())
    yield "    metric_statements:"
    yield "      - context: resource"
    yield "        statements: *resource"
    yield "      - context: scope"
    yield "        statements: *scope"
    yield "      - context: metric"
    yield "        statements:"
    yield from _listed(_of_metrics())
    yield "      - context: datapoint"
    yield "        statements: *attributes"


def _kept(keys: Iterable[str]) -> Iterator[str]:
    yield f"keep_keys(attributes, {_list(keys)})"


def _listed(statements: Iterable[str]) -> Iterator[str]:
    return (f"          - {_quoted(statement)}" for statement in statements)


def _of_attributes(keys: Iterable[str]) -> Iterator[str]:
    # Split is run for each item; as a list of literals these words take seconds to be read at the start.
    yield f'set(cache["words"], Split({_text(" ".join(sorted(_WORDS)))}, " "))'
    for key in sorted(keys):
        yield _of_attribute(key, f'attributes["{key}"]')


def _of_attribute(key: str, at: str) -> str:
    shape = _SHAPES.get(key)
    if shape == "word":
        return _replace(at, "unknown", f'IsString({at}) and ContainsValue(cache["words"], {at})')
    if shape == "decimal":
        return _replace(at, "shape", f"IsInt({at}) or IsBool({at}) or {_looks(at, _shape(shape))}")
    if shape is not None:
        return _replace(at, "shape", f"IsString({at}) and {_looks(at, _shape(shape))}")
    if key in policy.SQL_KEYS:
        return _replace(at, "shape", f"IsString({at}) and {_looks(at, _statement())}")
    if key in policy.FILE_KEYS:
        return _replace(at, "shape", f"IsString({at}) and {_looks(at, _FILE)}")
    if key in policy.TREATED_KEYS:
        rule = "path" if key in policy.URL_KEYS | policy.PATH_KEYS else "message"
        return f'set({at}, "[redacted:{rule}]") where {at} != nil'
    if key == policy.REPLACED_KEY:
        return f'delete_key(attributes, "{key}") where {at} != nil and not {_looks(at, _MARKER)}'
    number = f"IsInt({at}) or IsDouble({at}) or IsBool({at})"
    return f'delete_key(attributes, "{key}") where {at} != nil and not ({number})'


def _of_scope() -> list[str]:
    return [
        "keep_keys(attributes, [])",
        _replace("name", "shape", _looks("name", _shape("logger"))),
        _replace("version", "shape", f'version == "" or {_looks("version", _shape("version"))}'),
        'set(schema_url, "")',
    ]


def _of_spans() -> list[str]:
    named = f"ContainsValue({_list(words.SPAN_NAMES | words.METHODS | policy.MARKERS)}, name)"
    known = (
        f"(?:{_any(words.METHODS)}) {_shape('route')}(?: http (?:send|receive))?",
        f"(?:{_any(words.VERBS)}) {_shape('source')}",
        f"(?:{_any(words.VERBS | words.REDIS)})",
        f"(?:{_any(words.OPERATIONS)}) {_shape('label')}",
        _DOTTED,
    )
    return [
        # A path without a route beside it is concrete: it holds ids and names.
        'replace_pattern(name, "^([A-Z]+) /.*$", "$$1") where attributes["http.route"] == nil',
        _replace("name", "unknown", f"{named} or {_looks('name', '|'.join(known))}"),
        'set(status.message, "[redacted:message]") where status.message != ""',
        'set(trace_state, "") where trace_state != ""',
    ]


def _of_events() -> list[str]:
    return [_replace("name", "unknown", f"ContainsValue({_list(words.EVENT_NAMES | policy.MARKERS)}, name)")]


def _of_logs() -> list[str]:
    levels = "(?i:trace|debug|info|warn|warning|error|fatal|critical)[1-4]?"
    return [
        'set(body, "[redacted:message]") where body != nil',
        f'set(severity_text, "") where not {_looks("severity_text", levels)}',
        f'set(event_name, "[redacted:unknown]") where event_name != "" and not {_looks("event_name", _DOTTED)}',
    ]


def _of_metrics() -> list[str]:
    units = "(?:[a-zA-Z%1]{0,12}|[{][a-z_]{1,24}[}])(?:/[a-z]{1,3})?"
    return [
        _replace("name", "unknown", _looks("name", _DOTTED)),
        'set(description, "")',
        "clear(metadata)",
        f'set(unit, "") where not {_looks("unit", units)}',
    ]


def _replace(at: str, rule: str, known: str) -> str:
    return f'set({at}, "[redacted:{rule}]") where {at} != nil and not ({known})'


def _looks(at: str, pattern: str) -> str:
    # Two dollar signs make one, after the configuration is expanded.
    return f"IsMatch({at}, {_text(f'^(?:{pattern}|{_MARKER})$$')})"


def _shape(name: str) -> str:
    pattern = policy.SHAPES[name]
    if name in _SPACED:
        pattern = re.compile(pattern.pattern.replace(" ", ""))
    known = "|" + _any(words.THREADS) if name == "thread" else ""
    # ASCII only: classes of Unicode, repeated, take the collector seconds to compile.
    return f"(?:{translate(pattern)}{known})".replace(WORD, "0-9A-Za-z_")


def _statement() -> str:
    """Keywords, names and placeholders; no literal, and no two words in a row neither of which is a keyword."""
    keyword = rf"(?i:{_any(words.SQL | words.VERBS)})"
    word = r"(?:\"?[A-Za-z_][A-Za-z0-9_.]{0,62}\"?|[0-9]{1,6})"
    sign = r"(?:\?|%s|%\([A-Za-z_]\w{0,40}\)s|\$[0-9]{1,3}|:[A-Za-z_]\w{0,40}|[,()=<>!+*/|;-])"
    sql = rf"(?i:{_any(words.VERBS)})\b\s*(?:(?:{word}\s*)?{sign}\s*|(?:{word}\s+)?{keyword}\b\s*)*(?:{word}\s*)?"
    redis = rf"(?:{_any(words.REDIS)})(?: \?)*"
    return f"{sql}|{redis}".replace("$", "$$")


def _any(known: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(known))


def _list(known: Iterable[str]) -> str:
    return "[" + ", ".join(_text(word) for word in sorted(known)) + "]"


def _text(text: str) -> str:
    """A string of the transformation language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    """A string of YAML, in double quotes as JSON has it."""
    return json.dumps(text, ensure_ascii=True)


if __name__ == "__main__":
    sys.exit(main())
