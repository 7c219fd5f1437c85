"""Reads one body, header or path in every way in which a text could be read out of it."""

from __future__ import annotations

import html
import re
from functools import cached_property, lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
_ESCAPE: Final = re.compile(
    r"\\(?:u(?P<high>d[89ab][0-9a-f]{2})\\u(?P<low>d[c-f][0-9a-f]{2})|u(?P<unit>[0-9a-f]{4})|(?P<sign>[\"\\/bfnrt]))",
    re.IGNORECASE,
)
_SIGNS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Reading(NamedTuple):
    """A text and how it was read; a position is one in this text."""

    how: str
    text: str


class Haystack:
    """A text, prepared once for many searches."""

    def __init__(self, data: bytes) -> None:
        # Every byte stands for itself when it isn't UTF-8, so nothing is lost in between.
        self.text: Final = data.decode("utf-8", "surrogateescape")

    @cached_property
    def exact(self) -> Reading:
        """As it arrived."""
        return Reading("", self.text)

    @cached_property
    def folded(self) -> Reading:
        """Without differences of case."""
        return Reading("case-folded", self.text.casefold())

    @cached_property
    def decoded(self) -> tuple[Reading, ...]:
        """What comes out when escapes are undone, case-folded; only readings that differ."""
        found: dict[str, str] = {}
        for how, decoders in _DECODERS.items():
            text = self.text
            for _ in range(_MOST_LAYERS):
                before = text
                for decode in decoders:
                    text = decode(text)
                if text == before:
                    break
            if text != self.text and text not in found.values():
                found[how] = text
        return tuple(Reading(how, text.casefold()) for how, text in found.items())

    @cached_property
    def words(self) -> tuple[Reading, ...]:
        """Lower-case words with one space between them, of every reading."""
        return tuple(Reading("words", words(reading.text)) for reading in (self.folded, *self.decoded))


def words(text: str) -> str:
    """Lower-case words with one space between and around them: ``She_Said`` and ``she said`` are the same."""
    return f" {_NO_WORD.sub(' ', text.casefold()).strip()} "


@lru_cache(maxsize=4096)
def haystack(data: bytes) -> Haystack:
    """The prepared text of some bytes."""
    return Haystack(data)


def _url_decoded(text: str) -> str:
    return unquote(text.replace("+", " "), errors="surrogateescape")


def _json_unescaped(text: str) -> str:
    return _ESCAPE.sub(_sign, text)


def _sign(escape: re.Match[str]) -> str:
    if escape["high"]:
        pair = bytes.fromhex(escape["high"] + escape["low"])
        return pair.decode("utf-16-be", "surrogatepass")
    if escape["unit"]:
        return chr(int(escape["unit"], 16))
    return _SIGNS.get(escape["sign"], escape["sign"])


_DECODERS: Final = {
    "url-decoded": (_url_decoded,),
    "json-unescaped": (_json_unescaped,),
    "html-unescaped": (html.unescape,),
    "decoded in several ways": (_json_unescaped, html.unescape, _url_decoded),
}
_MOST_LAYERS: Final = 3
"""JSON in JSON in JSON is seen, and so on."""
