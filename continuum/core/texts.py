"""Which texts are accepted: one rule for the API, the CLI and everything that comes later."""

from __future__ import annotations

import re

from continuum.core.errors import InvalidText

_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")
MAX_TEXT_BYTES = 64 * 1024
TEXT_FORM = (
    f"text that isn't blank, of at most {MAX_TEXT_BYTES} bytes as UTF-8, without NUL or lone surrogates"
)


def checked_text(text: str) -> str:
    """Return the text when every database and every JSON writer can hold it.

    Raises:
        InvalidText: it is blank, too long, or holds NUL or half of a surrogate pair; the message has no part
                of it.

    """
    if len(text) > MAX_TEXT_BYTES or not text.strip() or not is_storable(text):
        raise InvalidText("expected " + TEXT_FORM)
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise InvalidText("expected " + TEXT_FORM)
    return text


def is_storable(text: str) -> bool:
    """Whether the text has neither NUL, refused by PostgreSQL, nor a lone surrogate, refused by UTF-8."""
    return _UNSTORABLE.search(text) is None
