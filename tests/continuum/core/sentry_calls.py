"""Calls of the façade whose words stand in an ordinary module: pytest loads its own in a way of its own."""

from __future__ import annotations

from continuum.core import sentry_integration as sentry


def work_in_steps(peer: str, error: Exception) -> None:
    with sentry.PerformanceTransaction("step.before"), sentry.PerformanceTransaction("step.whole"):
        sentry.set_operation_context(
            operation="recall", model_type="small-model", federation_peer=peer, attempt=2
        )
        with sentry.PerformanceTransaction("step.later"):
            pass
        sentry.capture_exception(error)


def leave_breadcrumbs(said: str, noted: str) -> None:
    sentry.add_breadcrumb(
        message="Starting database query",
        category="database",
        level="info",
        data={"table": "concepts", "rows": 7},
    )
    sentry.add_breadcrumb(f"asked {said}", data={"note": {"deep": [noted]}})


def say(whom: str) -> str | None:
    sentry.capture_message(f"rebuilt for {whom}")
    return sentry.capture_message(
        "the index was rebuilt", level="warning", tags={"memory_operation": "rebuild-index"}
    )
