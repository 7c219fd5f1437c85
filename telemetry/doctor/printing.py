"""Writes a report for people: problems first, then notes, then what is well; the settings; a sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.report import Report

_COLOURS: Final = {"problem": "\x1b[1;31m", "note": "\x1b[33m", "ok": "\x1b[32m"}
_END: Final = "\x1b[0m"
_WORDS: Final = {"problem": "PROBLEM", "note": "note", "ok": "ok"}
_STATE_WIDTH: Final = 9
_WIDEST_VALUE: Final = 48


def as_text(report: Report, *, colour: bool) -> str:
    """A report as lines; control characters of what is shown are written out."""
    return "\n".join(_lines(report, colour=colour))


def _lines(report: Report, *, colour: bool) -> Iterator[str]:
    for finding in report.findings:
        yield from _finding(finding, colour=colour)
    chosen = [entry for entry in report.settings if not entry["source"].startswith("default")]
    if chosen:
        yield ""
        yield "Settings that were chosen (--json shows the defaults too):"
        yield from _settings(chosen)
    yield ""
    yield _sum(report)


def _finding(finding: Finding, *, colour: bool) -> Iterator[str]:
    word = f"{_WORDS[finding.state]:<{_STATE_WIDTH}}"
    shown = f"{_COLOURS[finding.state]}{word}{_END}" if colour else word
    yield f"{shown}{printable(finding.said)}  [{printable(finding.id)}]"
    if finding.do:
        yield f"{'':<{_STATE_WIDTH}}-> {printable(finding.do)}"


def _settings(chosen: list[dict[str, Any]]) -> Iterator[str]:
    rows = [(entry["name"], _cut(printable(entry["value"])), entry) for entry in chosen]
    names = max(len(name) for name, _, _ in rows)
    values = max(len(value) for _, value, _ in rows)
    for name, value, entry in rows:
        passed = f", not {', '.join(entry['overrides'])}" if entry["overrides"] else ""
        yield f"  {name:<{names}}  {value:<{values}}  {printable(entry['source'] + passed)}"


def _cut(value: str) -> str:
    return value if len(value) <= _WIDEST_VALUE else f"{value[: _WIDEST_VALUE - 1]}…"


def _sum(report: Report) -> str:
    problems, notes, well = (len(report.of(state)) for state in ("problem", "note", "ok"))
    counted = (
        f"{problems} {'problem' if problems == 1 else 'problems'}, "
        f"{notes} {'note' if notes == 1 else 'notes'}, {well} ok."
    )
    return counted if problems else f"{counted} Nothing is wrong."


def printable(text: str) -> str:
    """A text of which no character is the terminal's to obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
