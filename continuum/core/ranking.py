"""From a question to the terms that are searched, and from strengths to scores with their parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from continuum.core.records import Parts
from continuum.core.words import telling_words

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

# More terms make the search slower without making it better.
MAX_TERMS: Final = 64
# Beyond these a memory's own match is so weak that its session can't lift it into an answer.
CANDIDATES: Final = 100
# What the session counts beside the memory's own match.
_SESSION_WEIGHT = 0.2


class Candidate(NamedTuple):
    """A memory that matches, in which session, how strongly, and what each part has of that."""

    number: int
    session: str | None
    strength: float
    lexical: float
    neighbours: float
    time: float


@dataclass(frozen=True)
class Ranked:
    """A memory's place in an answer: ``score`` between 0 and 1, best first, and the parts it is the sum of."""

    number: int
    score: float
    parts: Parts


def search_terms(question: str) -> list[str]:
    """The question's telling words, any of which a memory may hold; empty when it has no word at all."""
    return telling_words(question)[:MAX_TERMS]


def rank(candidates: Sequence[Candidate], limit: int) -> list[Ranked]:
    """The best of the candidates, each with its own match and that of its session's best.

    Strengths depend on the size of the collection and can be next to zero in small ones; their ratio within
    one answer is what a reader can use. So the best score is always 1.0. Equal ones stay in their order.
    """
    of_session: dict[Hashable, float] = {}
    for each in candidates:
        session = _session(each)
        of_session[session] = max(of_session.get(session, 0.0), each.strength)
    lifted = [(each.strength + _SESSION_WEIGHT * of_session[_session(each)], each) for each in candidates]
    lifted.sort(key=lambda pair: pair[0], reverse=True)
    top = max(lifted[0][0], 0.0) if lifted else 0.0
    return [_ranked(each, total, top) for total, each in lifted[:limit]]


def _session(candidate: Candidate) -> Hashable:
    """A memory without a session is one by itself."""
    return candidate.number if candidate.session is None else candidate.session


def _ranked(candidate: Candidate, total: float, top: float) -> Ranked:
    if top <= 0:
        # Nothing tells them apart.
        return Ranked(candidate.number, 1.0, Parts(lexical=1.0))
    parts = Parts(
        lexical=round(candidate.lexical / top, 4),
        neighbours=round(candidate.neighbours / top, 4),
        session=round((total - candidate.strength) / top, 4),
        time=round(candidate.time / top, 4),
    )
    return Ranked(candidate.number, round(max(total, 0.0) / top, 4), parts)
