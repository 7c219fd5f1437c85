"""Concepts of a text: names, quoted phrases, topics and decisions, by rules that anyone can follow.

- a *name* is a run of capitalised words (``Project Atlas``, ``PostgreSQL``), stop words aside;
- a *phrase* stands in double quotation marks;
- a *topic* is a word of five letters or more that the text uses at least twice;
- a *decision* is a sentence that says so (``decided``, ``agreed``, ``we will``, …).

Concepts explain and filter memories; they take no part in ranking, which they were measured to hurt.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from continuum.core.words import STOP_WORDS, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_CONCEPTS = 12
MAX_NAME_CHARACTERS = 160

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_QUOTED = re.compile(r'"([^"\n]{2,80})"|“([^”\n]{2,80})”')
_TOKEN = re.compile(r"[^\W_][\w'\u2019-]*|\S")
_APOSTROPHE = re.compile(r"['\u2019]")
_DECISION = re.compile(
    r"\b(?:decided|decision|agreed|settled on|going with|we (?:will|shall|chose)|we['\u2019]ll)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Concept:
    """One concept; ``name`` is content and therefore kept out of the repr."""

    name: str = field(repr=False)
    type: str

    @property
    def key(self) -> str:
        """By what two spellings of one concept are recognised as the same."""
        return folded(self.name)

    @property
    def is_compound(self) -> bool:
        """Whether the concept is a name or phrase of several words."""
        return self.type in {"name", "phrase"} and " " in self.name


def folded(name: str) -> str:
    """A concept's name without regard to case and spacing."""
    return " ".join(name.casefold().split())


def extract(text: str) -> list[Concept]:
    """The concepts of a text, decisions and quoted phrases first, at most ``MAX_CONCEPTS``."""
    sentences = [sentence.strip() for sentence in _SENTENCE_END.split(text) if sentence.strip()]
    found = {
        (concept.type, concept.key): concept
        for concept in (*_decisions(sentences), *_phrases(text), *_names(sentences), *_topics(text))
        if concept.key
    }
    return list(found.values())[:MAX_CONCEPTS]


def _decisions(sentences: Iterable[str]) -> Iterator[Concept]:
    for sentence in sentences:
        if _DECISION.search(sentence):
            yield Concept(sentence[:MAX_NAME_CHARACTERS].rstrip(), "decision")


def _phrases(text: str) -> Iterator[Concept]:
    for match in _QUOTED.finditer(text):
        yield Concept((match[1] or match[2]).strip(), "phrase")


def _names(sentences: Iterable[str]) -> Iterator[Concept]:
    for sentence in sentences:
        run: list[str] = []
        # One token more, which ends a run at the sentence's end.
        for token in (*_TOKEN.findall(sentence), ""):
            if token[:1].isupper() and _is_name(token):
                run.append(token)
            elif run:
                yield Concept(" ".join(run)[:MAX_NAME_CHARACTERS].rstrip(), "name")
                run = []


def _is_name(token: str) -> bool:
    return len(token) > 1 and _APOSTROPHE.split(token, maxsplit=1)[0].casefold() not in STOP_WORDS


def _topics(text: str) -> Iterator[Concept]:
    repeated = [(word, count) for word, count in Counter(words(text)).items() if count > 1]
    repeated.sort(key=itemgetter(1), reverse=True)
    for word, _ in repeated[:MAX_CONCEPTS]:
        if len(word) >= 5 and word.isalpha() and word not in STOP_WORDS:
            yield Concept(word, "topic")
