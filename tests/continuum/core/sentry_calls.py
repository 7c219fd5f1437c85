"""Calls of the façade whose words stand in an ordinary module: pytest loads its own in a way of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import trace

from continuum.core import sentry_integration as sentry

if TYPE_CHECKING:
    from collections.abc import Callable


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


def capture_and_raise(fail: Callable[[], None]) -> None:
    with trace.get_tracer(__name__).start_as_current_span("step.failing"):
        try:
            fail()
        except LookupError as error:
            sentry.capture_exception(error)
            sentry.capture_exception(error)
            raise


def transact_in_every_way() -> None:
    with sentry.PerformanceTransaction("step.whole", "tenant-of-ottokar"):
        pass
    with sentry.PerformanceTransaction("step.before", "Recalls what ottokar said", "tenant-of-ottokar"):
        pass
    with sentry.PerformanceTransaction(
        op="step.later", description="Recalls what ottokar said", tenant_id="tenant-of-ottokar", attempt=1
    ):
        pass


@sentry.monitor_performance
def bare() -> int:
    return 1


@sentry.monitor_performance("step.named")
def named() -> int:
    return 2


@sentry.monitor_performance(op="step.by_keyword")
def by_keyword() -> int:
    return 3
