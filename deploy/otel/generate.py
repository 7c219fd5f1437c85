"""Writes scrub.yaml, the part of the collector's configuration that follows from the privacy policy.

The collector is a second wall: it sees what anybody sends to its port, and not the code that the words come
from. So it is stricter than the gate in the application. Only keys of the policy stay, each value has to look like
its key; text that is free (messages, stack traces, paths, bodies) is replaced whole. What it can't tell is a single
word of the right shape under a key for names: that is the application's gate to know.

Run ``python deploy/otel/generate.py`` after a change of the policy; ``--check`` only says whether it is needed.
"""
# ruff: noqa: INP001, T201  # a script beside what it writes, in no package; it speaks to whoever runs it

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import scrub_statements as scrub
from ottl import keep, quoted
from re2 import translate
from scrub_statements import EVENT, KEYS, RESOURCE

from telemetry.privacy.patterns import VALUE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TARGET: Final = Path(__file__).with_name("scrub.yaml")
HEAD: Final = """\
# Made by deploy/otel/generate.py from telemetry/privacy: change the policy there, and run it again.
# Rules for running text only are not here, because no running text passes; checksums are not looked at.
"""


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
    yield from (f"      - {key}" for key in sorted(KEYS))
    yield "    blocked_values:"
    for rule in VALUE_RULES:
        if not rule.prose and rule.pattern is not None:
            # A collector's configuration expands what follows a dollar sign.
            yield f"      # {rule.id}"
            yield f"      - {quoted(translate(rule.pattern).replace('$', '$$'))}"


def _transform() -> Iterator[str]:
    yield "  transform/scrub:"
    yield "    # A statement that fails refuses the batch: what can't be scrubbed is not sent."
    yield "    error_mode: propagate"
    yield "    trace_statements:"
    yield "      - context: resource"
    yield "        statements: &resource"
    yield from _listed([keep(RESOURCE), *scrub.of_attributes(RESOURCE), 'set(schema_url, "")'])
    yield "      - context: scope"
    yield "        statements: &scope"
    yield from _listed(scrub.of_scope())
    yield "      - context: span"
    yield "        statements: &attributes"
    yield from _listed([keep(KEYS), *scrub.of_attributes(KEYS)])
    yield "      - context: span"
    yield "        statements:"
    yield from _listed(scrub.of_spans())
    yield "      - context: spanevent"
    yield "        statements:"
    yield from _listed([keep(EVENT), *scrub.of_attributes(EVENT), *scrub.of_events()])
    yield "    log_statements:"
    yield "      - context: resource"
    yield "        statements: *resource"
    yield "      - context: scope"
    yield "        statements: *scope"
    yield "      - context: log"
    yield "        statements: *attributes"
    yield "      - context: log"
    yield "        statements:"
    yield from _listed(scrub.of_logs())
    yield "    metric_statements:"
    yield "      - context: resource"
    yield "        statements: *resource"
    yield "      - context: scope"
    yield "        statements: *scope"
    yield "      - context: metric"
    yield "        statements:"
    yield from _listed(scrub.of_metrics())
    yield "      - context: datapoint"
    yield "        statements: *attributes"


def _listed(statements: Iterable[str]) -> Iterator[str]:
    return (f"          - {quoted(statement)}" for statement in statements)


if __name__ == "__main__":
    sys.exit(main())
