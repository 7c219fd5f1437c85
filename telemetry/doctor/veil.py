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
_WORD: Final = re.compile(r"[a-z]{1,15}")
"""``production`` may be a password as well, but hiding it everywhere would help nobody."""
_READ: Final = re.compile(r"(?:SENTRY|OTEL|CONTINUUM)_|\w+_PROXY$", re.IGNORECASE)
"""Variables that telemetry or its libraries read: others can't come into a report."""
_SECRET: Final = re.compile(
    r"(?:TOKEN|SECRET|PASSWORD|CREDENTIALS?|DSN|_AUTH|KEY|KEY_PREVIOUS|OTLP_(?:[A-Z]+_)?HEADERS)$"
)
_TOKEN_IN_PATH: Final = re.compile(r"[\w~+=-]{16,}")


class Veil:
    """Covers the secrets of one environment wherever they stand in a text."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        found = {
            piece
            for name, value in environ.items()
            if _READ.match(name)
            for piece in _secrets(name, value.strip())
            if len(piece) >= SHORTEST and not _WORD.fullmatch(piece)
        }
        chosen = sorted(found, key=len, reverse=True)  # the longest first: one may be a part of another
        self._any = re.compile("|".join(map(re.escape, chosen))) if chosen else None

    def __call__(self, text: str) -> str:
        """The same text without them."""
        return text if self._any is None else self._any.sub(HIDDEN, text)


def _secrets(name: str, value: str) -> Iterator[str]:
    if "://" in value:
        yield from _in_address(value, with_user=name.endswith("DSN"))
    elif _SECRET.search(name):
        yield value
        for pair in value.split(","):  # the values of pairs, as they stand and as they are sent
            sent = unquote(pair.partition("=")[2].strip())
            yield from (pair.partition("=")[2].strip(), sent, *sent.split()[-1:])


def _in_address(value: str, *, with_user: bool) -> Iterator[str]:
    """Password, query and what looks like a token in the path; hosts are to be read."""
    try:
        parts = urlsplit(value)
        password, user = parts.password or "", parts.username or ""
    except ValueError:
        yield value
        return
    yield from (password, unquote(password), parts.query, parts.fragment)
    if with_user:
        yield user
    for piece in parts.query.split("&"):
        yield piece.partition("=")[2]
    yield from _TOKEN_IN_PATH.findall(parts.path)
