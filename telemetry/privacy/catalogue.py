"""The catalogue: templates of messages that are made in C or by servers, where no Python source shows them."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from telemetry.privacy import phrases_databases, phrases_pydantic, phrases_python, phrases_system
from telemetry.privacy.templates import Template, TemplateIndex, parse


@dataclass(frozen=True)
class Entry:
    """What one source says. ``whose`` are the classes of exceptions that bring it; empty for any."""

    id: str
    whose: frozenset[str]
    texts: tuple[str, ...]


CATALOGUE: Final[tuple[Entry, ...]] = (
    *(
        Entry(name, frozenset(whose.split()), texts)
        for phrases in (phrases_python, phrases_system, phrases_databases, phrases_pydantic)
        for name, (whose, texts) in phrases.PHRASES.items()
    ),
    Entry("strerror", frozenset(), tuple(sorted({os.strerror(number) for number in errno.errorcode}))),
    Entry("http-phrase", frozenset(), tuple(status.phrase for status in HTTPStatus)),
)


@lru_cache(maxsize=1)
def index() -> TemplateIndex:
    """All templates of the catalogue."""
    return TemplateIndex(template for entry in CATALOGUE for template in templates_of(entry))


def templates_of(entry: Entry) -> list[Template]:
    """An entry's texts as templates."""
    return [parse(text, whose=entry.whose) for text in entry.texts]
