"""Many who ask the same at once: one works the answer out, the others wait for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_Answer = TypeVar("_Answer")

# Far longer than any recall takes: who has waited so long asks for itself.
WAIT_SECONDS: Final = 2.0


class _Flight(Generic[_Answer]):
    def __init__(self) -> None:
        self.landed = threading.Event()
        self.answers: list[_Answer] = []


class SingleFlight(Generic[_Answer]):
    """Work under way by what was asked; nothing is kept once it is done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight[_Answer]] = {}

    def share(self, question: Hashable, work: Callable[[], _Answer]) -> _Answer:
        """The answer of ``work``, from whoever began first; whose work failed fails alone, the others do theirs."""
        with self._lock:
            flight = self._flights.get(question)
            is_first = flight is None
            if flight is None:
                flight = self._flights[question] = _Flight()
        if not is_first:
            flight.landed.wait(WAIT_SECONDS)
            return flight.answers[0] if flight.answers else work()
        try:
            answer = work()
            flight.answers.append(answer)
            return answer
        finally:
            with self._lock:
                del self._flights[question]
            flight.landed.set()
