"""What the hostile applications plant, by place. No text here may ever arrive anywhere.

The texts stand in a file of data: what stands in a program's code is known to be the programmer's.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

# No hexadecimal digits, so that no piece of a token stands in an id by chance.
_LETTERS = "ghjkmnpqrstvwxyz"


def token(place: str) -> str:
    """An opaque token for a place, the same in every run."""
    digest = hashlib.sha256(place.encode()).hexdigest()[:16]
    return "CANARY-" + "".join(_LETTERS[int(digit, 16)] for digit in digest)


def word(place: str) -> str:
    """The same, in the shape of a name in code."""
    return token(place).replace("-", "_")


def _texts(group: str) -> dict[str, str]:
    made = {"token": token, "word": word}
    file = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {place: made[text](place) if text in made else text for place, text in file[group].items()}


TENANT = "tenant-of-" + token("tenant")[7:]

SENT = _texts("SENT")
"""Places that a client of the application writes into."""

CODE = _texts("CODE")
"""Places in the application's own code."""

CUNNING = _texts("CUNNING")
"""Texts that look like what a known field holds: a word, a name, a route, a label."""

EVERYWHERE = SENT | CODE | {"tenant": TENANT}
