"""One exchange with a backend: a parcel goes out, and what the answer means comes back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from telemetry.delivery.parcel import Parcel


class Answer(Enum):
    """What a backend's answer means for the items that were sent."""

    TAKEN = auto()
    LATER = auto()
    TOO_LARGE = auto()
    REFUSED = auto()
    """It would refuse this body again."""
    DENIED = auto()
    """It takes nothing from us: the credentials are wrong."""


@dataclass(frozen=True)
class Limit:
    """A backend wants nothing of some categories for a while; of all when none are named."""

    seconds: float
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reply:
    """An answer, and in words for people what it was."""

    answer: Answer
    detail: str
    limits: tuple[Limit, ...] = ()
    """What the backend wants less of from now on, whatever became of this body."""
    rejected: int = 0
    """How many items of a body that was taken were refused."""


class Connection(Protocol):
    """Posts parcels to one target; used by one thread at a time."""

    def post(self, parcel: Parcel, deadline: float | None) -> Reply:
        """Send one parcel; never raises. The deadline is in seconds of ``time.monotonic``."""

    def renew(self) -> None:
        """Start anew in the child of a fork, without touching what the parent has open."""

    def close(self) -> None:
        """Let go of what is open."""
