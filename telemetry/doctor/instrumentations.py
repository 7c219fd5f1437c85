"""Examines which instrumentations are live, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject


def examine(subject: Subject) -> Iterator[Finding]:
    """One finding for each instrumentation of ours."""
    if subject.pipeline is not None:
        for name, state in subject.pipeline.instruments.items():
            yield _of(f"instrumentation.{name}", name, state)


def _of(finding: str, name: str, state: str) -> Finding:
    if state == "on":
        return ok(finding, f"{name} is instrumented.")
    if state.startswith("switched off"):
        return note(finding, f"{name} is not instrumented: {state}.", "Nothing, if that is meant.")
    if state.startswith("opentelemetry"):
        return problem(
            finding,
            f"{name} is not instrumented: {state}.",
            "pip install 'continuum-memory[monitoring]'",
        )
    if state.endswith("is not installed") or 'found: "None"' in state:
        return note(
            finding,
            f"{name} is not instrumented: it is not installed.",
            "Nothing, unless the application uses it.",
        )
    if "requested:" in state:
        return problem(
            finding,
            f"{name} is installed in a version that its instrumentation doesn't take, so it makes no spans: "
            f"{state.removeprefix('DependencyConflict: ')}.",
            "Install a version within what was requested.",
        )
    return problem(
        finding, f"{name} is not instrumented: {state}.", "The log of a start says more; report it."
    )
