"""Finds a planted text in what a sink received, however it was written down."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sink import Received

SHORTEST_FRAGMENT = 8
_NO_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Hit:
    """Where a text was found, in which form, and what stands around it."""

    form: str
    place: str
    around: str


def find(canary: str, requests: Sequence[Received]) -> list[Hit]:
    """Every form of a text that stands in a body (raw and decoded), a header or a path of any request."""
    hits = []
    for request in requests:
        for place, haystack in _places(request):
            hits.extend(_search(canary, place, haystack))
    return hits


def seen(canary: str, requests: Sequence[Received]) -> list[str]:
    """What ``find`` found, each in one line for people."""
    return [f"{hit.form} in {hit.place}: {hit.around}" for hit in find(canary, requests)]


def forms(text: str) -> dict[str, tuple[str, ...]]:
    """How a text may have been written down: exact forms, which are searched with their case."""
    data = text.encode()
    return {
        "raw": (text,),
        "url-encoded": (quote(text), quote(text, safe=""), quote_plus(text)),
        "json-escaped": (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]),
        "unicode-escaped": ("".join(f"\\u{ord(letter):04x}" for letter in text),),
        "base64": tuple(_base64(data, altchars) for altchars in (b"+/", b"-_")),
        "base64 shifted by 1": tuple(_base64(data, altchars, 1) for altchars in (b"+/", b"-_")),
        "base64 shifted by 2": tuple(_base64(data, altchars, 2) for altchars in (b"+/", b"-_")),
        "hex": (data.hex(),),
    }


def fragments(text: str) -> tuple[str, ...]:
    """Every window of the shortest length that says something; a ``CANARY-`` in front says nothing."""
    text = text.removeprefix("CANARY-").removeprefix("CANARY_").casefold()
    return tuple(text[at : at + SHORTEST_FRAGMENT] for at in range(max(0, len(text) - SHORTEST_FRAGMENT + 1)))


def words(text: str) -> str:
    """Lower-case words and nothing between them: ``She_Said`` and ``she said`` are the same."""
    return f" {_NO_WORD.sub(' ', text.casefold()).strip()} "


def _base64(data: bytes, altchars: bytes, shift: int = 0) -> str:
    """The characters that depend on ``data`` alone when it starts ``shift`` bytes after a group's start."""
    encoded = base64.b64encode(b"\0" * shift + data, altchars).decode().rstrip("=")
    first = (0, 2, 3)[shift]
    last = (shift + len(data)) * 8 // 6
    return encoded[first:last]


def _search(canary: str, place: str, haystack: _Haystack) -> list[Hit]:
    written: dict[str, str] = {}
    for form, needles in forms(canary).items():
        for needle in needles:
            written.setdefault(needle, form)
    hits = [
        Hit(form, place, haystack.around(needle))
        for needle, form in written.items()
        if needle in haystack.text
    ]
    if canary.casefold() in haystack.folded and not any(hit.form == "raw" for hit in hits):
        hits.append(Hit("case-folded", place, haystack.around(canary)))
    if canary.encode().hex().upper() in haystack.text:
        hits.append(Hit("upper-case hex", place, haystack.around(canary.encode().hex().upper())))
    if not hits and len(words(canary)) > SHORTEST_FRAGMENT and words(canary) in haystack.words:
        hits.append(Hit("its words", place, haystack.around_words(words(canary))))
    if not hits:
        for fragment in fragments(canary):
            if fragment in haystack.folded:
                hits.append(Hit(f"fragment {fragment!r}", place, haystack.around(fragment)))
                break
    return hits


class _Haystack:
    """A text, prepared once for many searches."""

    def __init__(self, data: bytes) -> None:
        # Every byte stands for itself when it isn't UTF-8, so nothing is lost in between.
        self.text = data.decode("utf-8", "surrogateescape")
        self.folded = self.text.casefold()
        self.words = f" {_NO_WORD.sub(' ', self.folded)} "

    def around(self, needle: str) -> str:
        """What stands on both sides."""
        at = self.text.find(needle)
        at = self.folded.find(needle.casefold()) if at < 0 else at
        return ascii(self.text[max(0, at - 60) : at + len(needle) + 40])

    def around_words(self, needle: str) -> str:
        """The same for words."""
        at = self.words.find(needle)
        return ascii(self.words[max(0, at - 60) : at + len(needle) + 40])


def _places(request: Received) -> list[tuple[str, _Haystack]]:
    return [
        (f"{place} of {request.path}", _haystack(data))
        for place, data in (
            ("path", request.path.encode()),
            ("headers", "\n".join(f"{key}: {value}" for key, value in request.headers.items()).encode()),
            ("body", request.body),
            *((("raw body", request.raw),) if request.raw != request.body else ()),
        )
    ]


@lru_cache(maxsize=4096)
def _haystack(data: bytes) -> _Haystack:
    return _Haystack(data)
