"""Takes what a request's body, query and path brought in apart, into values to register as content.

All of it is total and bounded, and calls nothing of the application, so it can run on any thread, long after
the request. What is too large is read at its beginning and its end, and said to be incomplete.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEAD: Final = 65_536
"""Bytes that are read at the beginning of a body."""
TAIL: Final = 4_096
"""Bytes that are read at the end of a larger one."""
MOST_VALUES: Final = 20_000
SMALL_PART: Final = 16_384
"""Bytes of the largest part of a form that is read."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)(\s*:)?', re.DOTALL)
_LONG_NUMBER: Final = re.compile(r"(?:[^\d\s]*\d){7}")
_BOUNDARY: Final = re.compile(r'boundary="?([^";,\s]{1,200})', re.IGNORECASE)
_PART_NAME: Final = re.compile(rb"""\b(?:file)?name\*?=(?:"((?:[^"\\]|\\.){0,1000})"|([^;\s]{1,1000}))""")


@dataclass(frozen=True, slots=True)
class Inbound:
    """What was found: texts, and those that are to be registered as exact. Its repr shows neither."""

    values: tuple[str, ...] = field(default=(), repr=False)
    exact: tuple[str, ...] = field(default=(), repr=False)
    complete: bool = True
    """False when something was too large to be read; whoever asks for prose must then be told no."""


def from_json(body: bytes) -> Inbound:
    """Strings, keys that aren't plain identifiers and numbers of seven digits or more, at any depth."""
    complete = len(body) <= HEAD + TAIL
    if complete:
        try:
            return _gathered(_leaves(body))
        except Exception:  # broken, or nested beyond the parser's patience: its strings are read all the same
            return _gathered(_strings(_text(body)))
    parts = (*_strings(_text(body[:HEAD])), *_strings(_text(body[-TAIL:])))
    return _gathered(parts, complete=False)


def from_form(body: bytes, content_type: str | bytes) -> Inbound:
    """Fields and file names of a form, URL-encoded or in parts; what is neither is read as text."""
    kind = _text(content_type) if isinstance(content_type, bytes) else content_type
    complete = len(body) <= HEAD + TAIL
    read = body if complete else body[:HEAD] + b"\n" + body[-TAIL:]
    if "urlencoded" in kind.lower():
        return _gathered(_pairs(_text(read)), complete=complete)
    boundary = _BOUNDARY.search(kind)
    if boundary is None:
        return _gathered((_text(read),), complete=complete)
    found: list[str] = []
    for part in body.split(b"--" + boundary[1].encode("utf-8", "replace"), 1000)[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        for quoted, bare in _PART_NAME.findall(head[:4096]):
            found += _named(unquote(_text(quoted or bare)))
        if len(value) > SMALL_PART:
            complete = False
        elif value:
            found.append(_text(value))
    return _gathered(found, complete=complete)


def from_query(query_string: bytes) -> Inbound:
    """Values of a query, and names that aren't plain identifiers."""
    return _gathered(_pairs(_text(query_string[:HEAD])), complete=len(query_string) <= HEAD)


def from_path(path: str, path_params: Mapping[str, Any] | None = None) -> Inbound:
    """Values that a route took from a path; every segment when no route matched (``None``)."""
    if path_params is None:
        return _gathered(map(unquote, path[:HEAD].split("/")), complete=len(path) <= HEAD)
    found: list[str] = []
    # Exact types: what a converter of the application made is not asked for its text, the path has it.
    for value in tuple(dict.values(path_params)) if isinstance(path_params, dict) else ():
        if type(value) in (str, int, float, uuid.UUID):
            text = str(value)
            found += (text, *text.split("/")) if type(value) is str else (text,)
        else:
            found += map(unquote, path[:HEAD].split("/"))
    return _gathered(found)


def _gathered(found: Iterable[str], *, complete: bool = True) -> Inbound:
    """At most so many values, each once."""
    values = dict.fromkeys(text for text in found if text)
    if len(values) > MOST_VALUES:
        return Inbound(tuple(values)[:MOST_VALUES], complete=False)
    return Inbound(tuple(values), complete=complete)


def _leaves(body: bytes) -> list[str]:
    # Objects become lists of pairs, so that a key that is there twice hides nothing.
    parsed = json.loads(
        body, parse_int=_number, parse_float=_number, parse_constant=_number, object_pairs_hook=tuple
    )
    found: list[str] = []
    pending: list[Any] = [parsed]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, list):
            pending += reversed(item)
        elif isinstance(item, tuple):
            for key, value in item:
                found += _named(key)
                pending.append(value)
    return found


def _number(text: str) -> str | None:
    return text if _LONG_NUMBER.match(text) else None


def _named(key: str) -> tuple[str, ...]:
    """A key that somebody may have thought of; a plain identifier is the program's."""
    return () if _PLAIN_KEY.fullmatch(key) else (key,)


def _strings(text: str) -> list[str]:
    """What stands in quotes in something that is almost JSON; all of it when nothing does."""
    found = [match[1] for match in _STRING.finditer(text) if not match[2] or _named(match[1])]
    # A quote that was opened before the text was cut turns inside and outside round: read what's between too.
    between = (piece for piece in _STRING.sub("\n", text).split("\n") if len(piece) > 7)
    return [*found, *between]


def _pairs(text: str) -> list[str]:
    found: list[str] = []
    for pair in re.split("[&;\n]", text):
        name, _, value = pair.partition("=")
        found += (*_named(unquote_plus(name)), unquote_plus(value))
    return found


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
