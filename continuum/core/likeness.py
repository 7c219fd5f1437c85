"""When two texts are near duplicates: the same words in the same order, whatever case and punctuation."""

from __future__ import annotations

import hashlib

from continuum.core.words import words


def likeness(text: str) -> str:
    """The same short text for near duplicates; the text itself when it has no words is its own likeness."""
    said = " ".join(words(text)) or text
    return hashlib.sha256(said.encode()).hexdigest()[:32]
