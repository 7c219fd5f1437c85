"""Hides what must not be shown, whoever said it: the last thing that happens to a report's texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from telemetry.configuration.shown import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST: Final = 6
"""Characters: what is shorter would be found by chance."""
_SECRET: Final = re.compile(
    r"(?:TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|COOKIE|DSN|_AUTH|KEY|KEY_PREVIOUS|"
    r"OTLP_(?:[A-Z]+_)?HEADERS|RESOURCE_ATTRIBUTES)$",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"[,;=\s]+")
_TOKEN_IN_PATH: Final = re.compile(r"[\w~+=-]{16,}")


class Veil:
    """Covers the secrets of one environment wherever they stand in a text."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        found = {piece for name, value in environ.items() for piece in _secrets(name, value)}
        # The longest first: one may be a part of another.
        chosen = sorted((piece for piece in found if len(piece) >= SHORTEST), key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, chosen))) if chosen else None

    def __call__(self, text: str) -> str:
        """The same text without them."""
        return text if self._any is None else self._any.sub(HIDDEN, text)


def _secrets(name: str, value: str) -> Iterator[str]:
    value = value.strip()
    if "//" in value:
        yield from _in_address(value)
    elif _SECRET.search(name):
        yield value
        if "=" in value:  # pairs: their values, as they stand and as they are sent
            for pair in value.split(","):
                raw = pair.partition("=")[2].strip()
                yield from (raw, unquote(raw), *_PART.split(unquote(raw)))


def _in_address(value: str) -> Iterator[str]:
    """User, password, query and what looks like a token in the path; hosts are to be read."""
    try:
        parts = urlsplit(value)
        credentials, query, path = (parts.username, parts.password), parts.query, parts.path
    except ValueError:
        yield value
        return
    yield from (piece for piece in (*credentials, query, parts.fragment) if piece)
    yield from (unquote(piece) for piece in credentials if piece)
    for piece in query.split("&"):
        yield piece.partition("=")[2]
    yield from _TOKEN_IN_PATH.findall(path)
