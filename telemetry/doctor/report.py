"""All findings about one environment, in the order in which they are read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from telemetry.doctor import (
    destinations,
    disk,
    hash_keys,
    instrumentations,
    log_handlers,
    ownership,
    planting,
    round_trip,
    sending,
    traps,
    variables,
)
from telemetry.doctor.finding import STATES, note, problem
from telemetry.doctor.veil import Veil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from telemetry.doctor.finding import Finding, State
    from telemetry.doctor.subject import Subject

    Look = Callable[[Subject], Iterable[Finding]]


@dataclass(frozen=True)
class Report:
    """Findings, the worst first, and settings; no secret is in either."""

    findings: tuple[Finding, ...]
    settings: tuple[dict[str, Any], ...]

    def of(self, state: State) -> list[Finding]:
        """The findings of one state."""
        return [finding for finding in self.findings if finding.state == state]

    @property
    def healthy(self) -> bool:
        """Whether there is no problem; notes are none."""
        return not self.of("problem")

    def as_data(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "healthy": self.healthy,
            "findings": [asdict(finding) for finding in self.findings],
            "settings": list(self.settings),
        }


def report_on(subject: Subject, *, seconds: float | None) -> Report:
    """Look everywhere; nothing is sent when no seconds are given to wait for an answer."""
    veil = Veil(subject.environ)
    findings = [
        replace(finding, id=veil(finding.id), said=veil(finding.said), do=veil(finding.do))
        for finding in _findings(subject, seconds)
    ]
    findings.sort(key=lambda finding: STATES.index(finding.state))
    settings = (asdict(shown) for shown in subject.settings.shown())
    return Report(tuple(findings), tuple(entry | {"value": veil(entry["value"])} for entry in settings))


def _findings(subject: Subject, seconds: float | None) -> Iterator[Finding]:
    looks: tuple[tuple[str, Look], ...] = (
        ("destinations", destinations.examine),
        ("variables", variables.examine),
        ("traps", traps.examine),
        ("hash-key", hash_keys.examine),
        ("ownership", ownership.examine),
        ("instrumentations", instrumentations.examine),
        ("log-handlers", log_handlers.examine),
        ("spool", disk.examine),
        ("scrubbing", planting.examine),
        ("propagation", round_trip.examine),
        ("sending", _unsent if seconds is None else partial(sending.examine, seconds=seconds)),
    )
    for name, look in looks:
        try:
            yield from look(subject)
        except Exception as error:  # one look that fails must not hide what the others find
            yield problem(
                f"{name}.failed", f"This could not be examined: {type(error).__name__}.", "Report it."
            )


def _unsent(subject: Subject) -> Iterator[Finding]:
    if subject.pipeline is not None:
        yield note("sent", "Nothing was sent, as asked.", "Run it without --no-send to hear the backends.")
