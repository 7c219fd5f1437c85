"""Recall by meaning: what the engine asks, and tells about what was learned and forgotten."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from continuum.core.errors import SemanticError, SettingsError
from continuum.semantic.model import MODEL, Model, is_installed
from continuum.semantic.shelf import MOST_OF_TENANT, Shelf
from continuum.semantic.vectors import nearness_of
from continuum.semantic.worker import Worker
from continuum.storage.index import pgvector

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from continuum.core.tenancy import Tenant
    from continuum.semantic.vectors import Nearness
    from continuum.storage.database import Database

logger = logging.getLogger(__name__)


class Meaning:
    """What memories of one database mean; safe to use from many threads."""

    def __init__(self, database: Database, kept: Callable[[Tenant], None] = lambda _tenant: None) -> None:
        self._shelf = Shelf()
        self._model: Model | None = None
        self._has_failed = False
        self._loading = threading.Lock()
        self.worker = Worker(database, self._loaded, self._shelf.expire, kept)

    def nearness(self, connection: sa.Connection, tenant: Tenant, question: str) -> Nearness | None:
        """How near a tenant's memories are to a question; None when that can't be told, or not yet."""
        try:
            if pgvector.is_enabled(connection):
                asked = self._loaded().embed(question).tolist()
                return nearness_of(pgvector.compare(connection, tenant, MODEL, asked, most=MOST_OF_TENANT))
            return self._shelf.compare(connection, tenant, lambda: self._loaded().embed(question))
        except SemanticError:
            return None

    def learned(self, tenant: Tenant) -> None:
        """There are new memories."""
        self.worker.learned(tenant)

    def forgot(self, tenant: Tenant) -> None:
        """Memories were erased: their vectors went with them, and go from memory here."""
        self._shelf.forget(tenant)

    def close(self) -> None:
        """End the work; what wasn't done is done by the next process."""
        self.worker.close()

    def _loaded(self) -> Model:
        """The model, loaded when first needed; what fails once isn't tried again.

        Raises:
            SemanticError: it can't be loaded.

        """
        with self._loading:
            if self._has_failed:
                raise SemanticError("the model couldn't be loaded")
            if self._model is None:
                try:
                    self._model = Model()
                except Exception as error:
                    self._has_failed = True
                    self.worker.stop()
                    # Our own messages are constant words.
                    why = error if isinstance(error, SemanticError) else type(error).__name__
                    logger.warning("recall goes by words alone: %s", why)
                    raise SemanticError("the model can't be loaded") from error
            return self._model


def open_meaning(
    database: Database, *, wanted: bool, kept: Callable[[Tenant], None] = lambda _tenant: None
) -> Meaning | None:
    """Recall by meaning where it is asked for.

    Args:
        database: whose memories.
        wanted: whether it is asked for.
        kept: told each time that a tenant's memories have become findable by meaning.

    Raises:
        SettingsError: it is, and its packages are missing.

    """
    if not wanted:
        return None
    if not is_installed():
        raise SettingsError(
            "CONTINUUM_SEMANTIC is on and its packages are missing: install continuum-memory[semantic]"
        )
    return Meaning(database, kept)
