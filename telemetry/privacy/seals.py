"""Seals the markers in a text while it is cleaned, so that nothing looks into them or takes them for data.

A marker such as ``[data]`` becomes one character of a private plane that stands in no template. That is what
makes cleaning idempotent: what was taken out of a message can only ever be found in a hole again.
"""

from __future__ import annotations

import re
from typing import Final

from telemetry.privacy import policy

MAX_MESSAGE: Final = 8_192
"""Characters of a message that are looked at; what is in the middle of a longer one is data."""
_MAX_RAW: Final = 8 * MAX_MESSAGE

_FIRST: Final = 0xF0000
_MARKERS: Final = ("[data]", *sorted(policy.MARKERS - {"[data]"}))
_SEAL_OF: Final = {marker: chr(_FIRST + number) for number, marker in enumerate(_MARKERS)}
_MARKER_OF: Final = {seal: marker for marker, seal in _SEAL_OF.items()}
DATA: Final = _SEAL_OF["[data]"]

_PLANE: Final = f"[{chr(_FIRST)}-{chr(_FIRST + 0xFFFD)}]"
_FOREIGN: Final = re.compile(_PLANE)
_SEALED: Final = re.compile(f"{_PLANE}+")
_MARKER: Final = re.compile("|".join(re.escape(marker) for marker in _MARKERS))


def seal(text: str) -> str:
    """A text with its markers sealed; characters that look like seals are data."""
    if len(text) > _MAX_RAW:
        text = text[: _MAX_RAW // 4 * 3] + "[data]" + text[-_MAX_RAW // 4 :]
    return _MARKER.sub(lambda found: _SEAL_OF[found[0]], _FOREIGN.sub("[data]", text))


def unseal(text: str) -> str:
    """A text with its markers back."""
    return _SEALED.sub(lambda found: "".join(_MARKER_OF[seal] for seal in found[0]), text)


def is_sealed(text: str) -> bool:
    """Whether a text consists of markers only."""
    return _SEALED.fullmatch(text) is not None


def cut(text: str) -> str:
    """A sealed text of bounded length: its beginning and its end, where literals stand."""
    if len(text) <= MAX_MESSAGE:
        return text
    return text[: MAX_MESSAGE // 4 * 3] + DATA + text[1 - MAX_MESSAGE // 4 :]
