"""How alembic runs: on the connection that it is handed, in the transaction that is open there."""

from __future__ import annotations

from alembic import context

from continuum.storage import registry, tables  # noqa: F401 - importing them fills the metadata
from continuum.storage.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
