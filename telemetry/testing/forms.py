"""Writes a text down in every form in which programs, encoders and protocols may have written it."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

SHORTEST_FRAGMENT = 8
"""Characters of a text that say something by themselves."""


def forms(text: str) -> dict[str, tuple[str, ...]]:
    """How a text may have been written down, by the form's name; only base64 depends on its case."""
    data = text.encode(errors="surrogatepass")
    return {
        "raw": (text,),
        "url-encoded": (quote(data), quote(data, safe=""), quote_plus(data)),
        "json-escaped": (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]),
        "unicode-escaped": ("".join(f"\\u{unit:04x}" for unit in _utf16(text)),),
        "html-escaped": (html.escape(text), html.escape(text, quote=False)),
        "html character references": (
            "".join(f"&#{ord(letter)};" for letter in text),
            "".join(f"&#x{ord(letter):x};" for letter in text),
        ),
        "base64": tuple(_base64(data, altchars) for altchars in (b"+/", b"-_")),
        "base64 shifted by 1": tuple(_base64(data, altchars, 1) for altchars in (b"+/", b"-_")),
        "base64 shifted by 2": tuple(_base64(data, altchars, 2) for altchars in (b"+/", b"-_")),
        "hex": (data.hex(),),
    }


def fragments(text: str) -> tuple[str, ...]:
    """Every window of the shortest length that says something, lower case; of a shorter text none."""
    text = telling(text).casefold()
    return tuple(text[at : at + SHORTEST_FRAGMENT] for at in range(max(0, len(text) - SHORTEST_FRAGMENT + 1)))


def telling(text: str) -> str:
    """A text without what stands in front of every token of a suite and says nothing."""
    return text.removeprefix("CANARY-").removeprefix("CANARY_")


def _utf16(text: str) -> list[int]:
    """The units that JSON escapes; two of them for a character outside of the basic plane."""
    data = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _base64(data: bytes, altchars: bytes, shift: int = 0) -> str:
    """The characters that depend on ``data`` alone when it starts ``shift`` bytes after a group's start."""
    encoded = base64.b64encode(b"\0" * shift + data, altchars).decode().rstrip("=")
    first = (0, 2, 3)[shift]
    last = (shift + len(data)) * 8 // 6
    return encoded[first:last]
