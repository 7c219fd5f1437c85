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
# Less near in meaning than so many others, a memory has nothing to do with the question.
NEAREST: Final = 100
# What the session counts beside the memory's own match.
_SESSION_WEIGHT = 0.4


class Candidate(NamedTuple):
    """A memory that matches, in which session, how strongly, and what each part has of that."""

    number: int
    session: str | None
    strength: float
    lexical: float
    neighbours: float
    time: float
    # How near it is to the question, about 0 for what has nothing to do with it; None where that isn't known.
    nearness: float | None = None


@dataclass(frozen=True)
class Ranked:
    """A memory's place in an answer: ``score`` between 0 and 1, best first, and the parts it is the sum of."""

    number: int
    score: float
    parts: Parts


def search_terms(question: str) -> list[str]:
    """The question's telling words, any of which a memory may hold; empty when it has no word at all."""
    return telling_words(question)[:MAX_TERMS]


def is_hopeless(strength: float, strongest: float, last: float) -> bool:
    """Whether no session can lift a memory of this strength above ``last``, by words alone.

    ``strongest`` is that of all; ``last`` is that of the memory that is the last of the best so far.
    """
    # A trifle less, so that rounding never decides.
    return strength + _SESSION_WEIGHT * strongest < (1 + _SESSION_WEIGHT) * last * (1 - 1e-9)


def rank(candidates: Sequence[Candidate], limit: int) -> list[Ranked]:
    """The best of the candidates, each with its own match and that of its session's best.

    Words and meaning count alike: each is taken as a share of the best of the answer, because strengths depend
    on the size of the collection and can be next to zero in small ones. So the best score is always 1.0. Equal
    ones stay in their order.
    """
    strongest = max((each.strength for each in candidates), default=0.0)
    nearness = _shares(candidates)
    own = [
        (each.strength / strongest if strongest > 0 else 0.0) + near
        for each, near in zip(candidates, nearness, strict=True)
    ]
    of_session: dict[Hashable, float] = {}
    for each, match in zip(candidates, own, strict=True):
        session = _session(each)
        of_session[session] = max(of_session.get(session, 0.0), match)
    lifted = [
        (match + _SESSION_WEIGHT * of_session[_session(each)], match, near, each)
        for each, match, near in zip(candidates, own, nearness, strict=True)
    ]
    lifted.sort(key=lambda one: one[0], reverse=True)
    top = lifted[0][0] if lifted else 0.0
    if top <= 0:
        # Nothing tells them apart.
        return [Ranked(each.number, 1.0, Parts(lexical=1.0)) for *_, each in lifted[:limit]]
    whole = strongest if strongest > 0 else 1.0
    return [
        Ranked(
            each.number,
            round(total / top, 4),
            Parts(
                lexical=round(each.lexical / whole / top, 4),
                neighbours=round(each.neighbours / whole / top, 4),
                session=round((total - match) / top, 4),
                semantic=round(near / top, 4),
                time=round(each.time / whole / top, 4),
            ),
        )
        for total, match, near, each in lifted[:limit]
    ]


def _shares(candidates: Sequence[Candidate]) -> list[float]:
    """Nearness as a share of the nearest's; 0 for all where none is known."""
    known = [max(each.nearness, 0.0) for each in candidates if each.nearness is not None]
    nearest = max(known, default=0.0)
    if nearest <= 0:
        return [0.0] * len(candidates)
    # What was learned a moment ago has no vector yet, which says nothing for it or against it.
    usual = sum(known) / len(known)
    return [(usual if each.nearness is None else max(each.nearness, 0.0)) / nearest for each in candidates]


def _session(candidate: Candidate) -> Hashable:
    """A memory without a session is one by itself."""
    return candidate.number if candidate.session is None else candidate.session
