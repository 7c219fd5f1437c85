"""From a question to the terms that are searched, and from strengths to scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from continuum.core.words import telling_words

if TYPE_CHECKING:
    from collections.abc import Sequence

# More terms make the search slower without making it better.
MAX_TERMS = 64


def search_terms(question: str) -> list[str]:
    """The question's telling words, any of which a memory may hold; empty when it has no word at all."""
    return telling_words(question)[:MAX_TERMS]


def relative_scores(strengths: Sequence[float]) -> list[float]:
    """Turn strengths into scores of which the best is 1.0.

    Strengths depend on the size of the collection and can be next to zero in small ones; their ratio within
    one answer is what a reader can use.
    """
    strengths = [max(strength, 0.0) for strength in strengths]
    best = max(strengths, default=0.0)
    return [round(strength / best, 4) if best > 0 else 1.0 for strength in strengths]
