"""What never came to be seen in Sentry, as Sentry counts it: asked here, because no monitor of Sentry's can."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telemetry.as_code.target import SentryError

if TYPE_CHECKING:
    from telemetry.as_code.client import SentryClient

PERIOD: Final = re.compile(r"[1-9][0-9]{0,2}[hd]")
"""Sentry counts by the hour."""

MEANINGS: Final = {
    "event_processor": "withheld, because it could not be scrubbed",
    "ratelimit_backoff": "not sent while Sentry asked to wait",
    "queue_overflow": "made faster than it could be sent",
    "cache_overflow": "waited too long on disk, or found it full",
    "network_error": "still waiting when a process ended",
}
"""Reasons of the client reports that telemetry sends."""

_SAMPLED: Final = "sample_rate"
_ARRIVED: Final = "accepted"


@dataclass(frozen=True)
class Loss:
    """How many items of a kind were lost, where, and why."""

    outcome: str
    category: str
    reason: str
    quantity: int

    def __str__(self) -> str:
        meaning = MEANINGS.get(self.reason) if self.outcome == "client_discard" else None
        told = f"{self.reason or 'no reason given'}{f': {meaning}' if meaning else ''}"
        return f"{self.quantity} {self.category}, {self.outcome} ({told})"


def losses_of(client: SentryClient, period: str) -> list[Loss]:
    """What was lost of the project's data, the most first; what was sampled out on purpose isn't lost.

    Args:
        client: of the project.
        period: hours or days until now, such as ``1h`` or ``7d``.

    Raises:
        SentryError: Sentry doesn't answer, refuses, or answers in another form.

    """
    query = [
        ("project", str(client.project()["id"])),
        ("field", "sum(quantity)"),
        ("statsPeriod", period),
        *(("groupBy", name) for name in ("outcome", "category", "reason")),
    ]
    answer = client.get(f"{client.organization_path}stats_v2/", query)
    try:
        found = [_loss(group) for group in answer["groups"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise SentryError("GET stats_v2: an answer in another form than documented") from None
    lost = [loss for loss in found if loss.outcome != _ARRIVED and loss.reason != _SAMPLED and loss.quantity]
    return sorted(lost, key=lambda loss: -loss.quantity)


def _loss(group: Any) -> Loss:
    by = group["by"]
    return Loss(
        str(by["outcome"]),
        str(by["category"]),
        str(by.get("reason") or ""),
        int(group["totals"]["sum(quantity)"]),
    )
