"""Makes texts that stand for what a person said, or for a secret, and remembers each under a label."""

from __future__ import annotations

import secrets
from functools import cache
from importlib import resources
from typing import Final

# No hexadecimal digits and no vowels: no piece of a token is a piece of a trace id, or of a word.
_LETTERS: Final = "ghjkmnpqrstvwxz"
_TOKEN_LENGTH: Final = 20


class Canaries:
    """The texts of one test. Plant them wherever a person's words could stand; they may never leave."""

    def __init__(self) -> None:
        self._planted: dict[str, str] = {}

    def __call__(self, what: str) -> str:
        """A fresh opaque token of 20 lower-case letters, remembered under ``what``."""
        return self.remember(what, _token())

    def sentence(self, what: str) -> str:
        """A fresh sentence of ordinary words with one rare word in it, remembered under ``what``."""
        return self.remember(what, secrets.choice(_sentences()).format(_token()[:9]))

    def remember(self, what: str, text: str) -> str:
        """Remember a text of your own; a label that is taken gets a number. Returns the text.

        Raises:
            ValueError: for a text of fewer than 4 characters, which would be found by chance.

        """
        if len(text) < 4:
            raise ValueError("A canary needs 4 characters or more: a shorter one is found by chance.")
        label, number = what, 1
        while label in self._planted:
            number += 1
            label = f"{what} ({number})"
        self._planted[label] = text
        return text

    @property
    def planted(self) -> dict[str, str]:
        """Every text so far, by its label."""
        return dict(self._planted)


def _token() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_TOKEN_LENGTH))


@cache
def _sentences() -> tuple[str, ...]:
    """Sentences with a gap for the rare word.

    Short, homely words: no eight letters of these in a row stand in a route, a statement or a convention. They
    are a file, because literals of loaded code are words that the program may send.
    """
    text = resources.files("telemetry.testing").joinpath("sentences.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
