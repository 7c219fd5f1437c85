"""The forms that values of variables take: each reads a text, and raises ValueError without showing it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:.]{2,45}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

TRUE_OR_FALSE = "true or false"
SHARE = "a number from 0 to 1"
SECONDS = "seconds from 0 to 300"
MILLISECONDS = "milliseconds from 1 to 300000"
NAMES = "names, separated by commas"
PAIRS = "key=value,…"
PATTERNS = "regular expressions, separated by commas"
URL = "an absolute http or https URL without credentials"
FILE = "the path of a readable file"
ABSOLUTE_PATH = "an absolute path"
HOST = "a host name or an IP address"
PORT = "a port from 1 to 65535"


def rate(raw: str) -> float:
    """A number from 0 to 1."""
    value = float(raw)
    if not 0.0 <= value <= 1.0:
        raise ValueError("a number from 0 to 1")
    return value


def seconds(raw: str) -> float:
    """A number of seconds from 0 to 300."""
    value = float(raw)
    if not 0.0 <= value <= 300.0:
        raise ValueError("seconds from 0 to 300")
    return value


def milliseconds(raw: str) -> float:
    """A number of milliseconds from 1 to 300,000, as seconds."""
    value = float(raw)
    if not 1.0 <= value <= 300_000.0:
        raise ValueError("milliseconds from 1 to 300000")
    return value / 1000


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser that takes whole numbers within bounds."""

    def parse(raw: str) -> int:
        value = int(raw)
        if not least <= value <= most:
            raise ValueError("out of bounds")
        return value

    return parse


def flag(raw: str) -> bool:
    """``true`` or ``false``, as OpenTelemetry writes them; ``1`` and ``0`` too."""
    lowered = raw.lower()
    if lowered in ("true", "1"):
        return True
    if lowered in ("false", "0"):
        return False
    raise ValueError("true or false")


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser that takes one of some words, in any case."""

    def parse(raw: str) -> str:
        if raw.lower() not in choices:
            raise ValueError("one of the choices")
        return raw.lower()

    return parse


def url(raw: str) -> str:
    """An absolute http or https URL without credentials."""
    parts = urlsplit(raw)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("an absolute URL")
    _ = parts.port  # reading it raises ValueError for a port that is no number
    return raw.rstrip("/")


def host(raw: str) -> str:
    """A host name or an IP address, without a port."""
    if _HOST.fullmatch(raw) is None:
        raise ValueError(HOST)
    return raw


def pairs(raw: str) -> tuple[tuple[str, str], ...]:
    """``key=value`` pairs separated by commas, values percent-encoded, as OpenTelemetry writes them."""
    found = []
    for part in raw.split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ValueError("key=value,key=value")
        found.append((key.strip(), unquote(value.strip())))
    return tuple(found)


def names(raw: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def header_names(raw: str) -> tuple[str, ...]:
    """HTTP header names separated by commas, lower-cased."""
    found = names(raw)
    if not all(_HEADER_NAME.fullmatch(name) for name in found):
        raise ValueError("header names")
    return tuple(name.lower() for name in found)


def patterns(raw: str) -> tuple[str, ...]:
    """Regular expressions separated by commas; they are searched for as alternatives of one."""
    found = names(raw)
    try:
        re.compile("|".join(found))
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(PATTERNS) from error
    return found


def file(raw: str) -> str:
    """The path of a file that can be read."""
    try:
        with Path(raw).open("rb"):
            return raw
    except OSError as error:
        raise ValueError(FILE) from error


def absolute_path(raw: str) -> Path:
    """A path from the root, whether there is something or not."""
    path = Path(raw)
    if not path.is_absolute():
        raise ValueError(ABSOLUTE_PATH)
    return path
