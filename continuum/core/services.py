"""Database, cache and engine, opened together and closed together."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from continuum.cache.connect import connect_cache
from continuum.core.engine import MemoryEngine
from continuum.semantic.meaning import open_meaning
from continuum.storage.database import Database, open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from continuum.core.settings import Settings


@dataclass(frozen=True)
class Services:
    """The open database and the engine on it."""

    database: Database
    engine: MemoryEngine


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Open database and cache; close both at the end.

    Raises:
        StorageError: the database can't be opened.
        SettingsError: ``REDIS_URL`` has no accepted form, or what ``CONTINUUM_SEMANTIC`` needs is missing.

    """
    database = open_database(settings.database)
    with ExitStack() as stack:
        stack.callback(database.close)
        cache = connect_cache(settings, database)
        if cache is not None:
            stack.callback(cache.close)
        kept = (lambda _tenant: None) if cache is None else cache.forget
        meaning = open_meaning(database, wanted=settings.semantic, kept=kept)
        if meaning is not None:
            stack.callback(meaning.close)
        yield Services(database, MemoryEngine(database, cache, meaning))
