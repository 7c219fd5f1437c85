"""From a question to a full-text query, and from its ranks to scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from continuum.core.words import telling_words

if TYPE_CHECKING:
    from collections.abc import Sequence

# More terms make the search slower without making it better.
MAX_TERMS = 64


def match_expression(question: str) -> str | None:
    """An FTS5 expression that finds any of the question's telling words.

    Each word is a quoted string and words hold no quotation marks, so nothing in a question is ever read as
    query syntax. None when the question has no word at all.
    """
    terms = telling_words(question)[:MAX_TERMS]
    return " OR ".join(f'"{term}"' for term in terms) or None


def relative_scores(ranks: Sequence[float]) -> list[float]:
    """Turn bm25 ranks, where lower is better, into scores where higher is better and the best is 1.0.

    bm25 values depend on the size of the collection and can be next to zero in small ones; their ratio within
    one answer is what a reader can use.
    """
    strengths = [max(-rank, 0.0) for rank in ranks]
    best = max(strengths, default=0.0)
    return [round(strength / best, 4) if best > 0 else 1.0 for strength in strengths]
