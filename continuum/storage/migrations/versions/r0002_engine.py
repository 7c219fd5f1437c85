"""Sessions, importance, succession, origin and the operation log; what is there is entered as learned here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from continuum.core.likeness import likeness
from continuum.core.uuid7 import uuid7

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_ROWS = 500
_NEW_INDEXES = {
    "api_keys_by_tenant": ("api_keys", ["tenant_number"]),
    "memories_by_id": ("memories", ["tenant_number", "id"]),
    "memories_by_session": ("memories", ["tenant_number", "session", "number"]),
    "memories_by_likeness": ("memories", ["tenant_number", "likeness"]),
}
_PARTIAL_INDEXES = {
    "memories_by_successor": "superseded_by",
    "memories_by_near_duplicate": "near_duplicate_of",
}
_NEW_TABLES = ("receipts", "idempotency_keys", "operations", "sessions", "instances")


def _tenant(*, primary_key: bool = False) -> sa.Column[int]:
    reference = sa.ForeignKey("tenants.number", ondelete="CASCADE")
    return sa.Column("tenant_number", _NUMBER, reference, nullable=False, primary_key=primary_key)


def _part(name: str, table: str) -> sa.Column[int]:
    reference = sa.ForeignKey(f"{table}.number", ondelete="CASCADE")
    return sa.Column(name, _NUMBER, reference, primary_key=True)


def upgrade() -> None:
    """Add tables and columns, then enter what is there."""
    _make_tables()
    # Columns are added, never a table rebuilt that others refer to: dropping the old one would delete theirs.
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    for name, (table, names) in _NEW_INDEXES.items():
        op.create_index(name, table, names)
    for name, other in _PARTIAL_INDEXES.items():
        there = sa.text(f"{other} IS NOT NULL")
        op.create_index(
            name, "memories", ["tenant_number", other], sqlite_where=there, postgresql_where=there
        )
    # SQLite preferred it to the indexes that find a few rows.
    op.drop_index("concept_links_by_tenant", "concept_links")
    _give_mentions_their_tenant()
    now = datetime.now(UTC)
    connection = op.get_bind()
    connection.execute(
        sa.text("INSERT INTO instances (number, id, created_at) VALUES (1, :id, :now)").bindparams(
            sa.bindparam("now", now, _MOMENT), id=str(uuid7())
        )
    )
    connection.execute(
        sa.text(
            "INSERT INTO sessions (tenant_number, name, created_at)"
            " SELECT tenant_number, session, min(created_at) FROM"
            " (SELECT tenant_number, session, created_at FROM memories"
            "  UNION ALL SELECT tenant_number, session, created_at FROM repeats) AS seen"
            " WHERE session IS NOT NULL GROUP BY tenant_number, session"
        )
    )
    _enter_memories(connection)
    if connection.dialect.name == "sqlite":
        # Versions before migrations read this number, and leave the file alone.
        op.execute("PRAGMA user_version = 2")


def downgrade() -> None:
    """Drop what was added; memories, repeats, concepts, links and keys stay."""
    op.rename_table("memory_concepts", "memory_concepts_2")
    op.drop_index("memory_concepts_by_concept", "memory_concepts_2")
    op.create_table(
        "memory_concepts", _part("memory_number", "memories"), _part("concept_number", "concepts")
    )
    op.execute("INSERT INTO memory_concepts SELECT memory_number, concept_number FROM memory_concepts_2")
    op.drop_table("memory_concepts_2")
    op.create_index("memory_concepts_by_concept", "memory_concepts", ["concept_number"])
    op.create_index("concept_links_by_tenant", "concept_links", ["tenant_number"])
    for name in _PARTIAL_INDEXES:
        op.drop_index(name, "memories")
    for name, (table, _) in _NEW_INDEXES.items():
        op.drop_index(name, table)
    for table, columns in _new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in _NEW_TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA user_version = 1")


def _new_columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "tenants": [
            sa.Column("last_sequence", sa.BigInteger, nullable=False, server_default="0"),
            sa.Column("clock", sa.BigInteger, nullable=False, server_default="0"),
        ],
        "api_keys": [sa.Column("expires_at", _MOMENT), sa.Column("last_used_at", _MOMENT)],
        "memories": [
            sa.Column("importance", sa.Float, nullable=False, server_default="0.5"),
            sa.Column("likeness", sa.Text, nullable=False, server_default=""),
            sa.Column("near_duplicate_of", sa.Text),
            sa.Column("superseded_by", sa.Text),
            sa.Column("origin_number", sa.Integer, nullable=False, server_default="1"),
            sa.Column("origin_sequence", sa.BigInteger, nullable=False, server_default="0"),
        ],
    }


def _make_tables() -> None:
    op.create_table(
        "instances",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("public_key", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "sessions",
        _tenant(primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("is_private", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "operations",
        sa.Column("number", _NUMBER, primary_key=True),
        _tenant(),
        sa.Column("origin_number", sa.Integer, sa.ForeignKey("instances.number"), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("clock", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("memory_id", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_number", "origin_number", "sequence"),
    )
    op.create_index("operations_by_memory", "operations", ["tenant_number", "memory_id"])
    op.create_table(
        "idempotency_keys",
        _tenant(primary_key=True),
        sa.Column("key_digest", sa.Text, primary_key=True),
        sa.Column("request_digest", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("idempotency_keys_by_age", "idempotency_keys", ["tenant_number", "created_at"])
    op.create_table(
        "receipts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("erased_at", _MOMENT, nullable=False),
    )


def _give_mentions_their_tenant() -> None:
    # No table refers to this one: it may be made anew.
    op.rename_table("memory_concepts", "memory_concepts_1")
    op.drop_index("memory_concepts_by_concept", "memory_concepts_1")
    op.create_table(
        "memory_concepts",
        _part("memory_number", "memories"),
        _part("concept_number", "concepts"),
        _tenant(),
    )
    op.execute(
        "INSERT INTO memory_concepts SELECT old.memory_number, old.concept_number, memories.tenant_number"
        " FROM memory_concepts_1 AS old JOIN memories ON memories.number = old.memory_number"
    )
    op.drop_table("memory_concepts_1")
    op.create_index("memory_concepts_by_concept", "memory_concepts", ["concept_number"])


def _enter_memories(connection: sa.Connection) -> None:
    """Give each memory its likeness and its place in the log, in the order in which they were learned."""
    memories = sa.table(
        "memories", *(sa.column(name) for name in ("number", "id", "tenant_number", "text", "likeness")),
        sa.column("origin_sequence"), sa.column("created_at", _MOMENT),
    )  # fmt: skip
    operations = sa.table(
        "operations", *(sa.column(name) for name in ("tenant_number", "origin_number", "sequence", "clock")),
        sa.column("kind"), sa.column("memory_id"), sa.column("created_at", _MOMENT),
    )  # fmt: skip
    tenants = sa.table("tenants", sa.column("number"), sa.column("last_sequence"), sa.column("clock"))
    change = (
        sa.update(memories)
        .where(memories.c.number == sa.bindparam("of_number"))
        .values(likeness=sa.bindparam("new_likeness"), origin_sequence=sa.bindparam("new_sequence"))
    )
    last: dict[int, tuple[int, int]] = {}
    after = 0
    page = sa.select(memories).order_by(memories.c.number).limit(_ROWS)
    while rows := connection.execute(page.where(memories.c.number > after)).all():
        changes, entries = [], []
        for row in rows:
            # SQLite's times have no zone and are UTC.
            moment = row.created_at.replace(tzinfo=row.created_at.tzinfo or UTC)
            sequence, clock = last.get(row.tenant_number, (0, 0))
            sequence, clock = sequence + 1, max(clock + 1, int(moment.timestamp() * 1000) << 16)
            last[row.tenant_number] = sequence, clock
            changes.append(
                {"of_number": row.number, "new_likeness": likeness(row.text), "new_sequence": sequence}
            )
            entries.append(
                {"tenant_number": row.tenant_number, "origin_number": 1, "sequence": sequence, "clock": clock,
                 "kind": "learn", "memory_id": row.id, "created_at": row.created_at}
            )  # fmt: skip
        connection.execute(change, changes)
        connection.execute(sa.insert(operations), entries)
        after = rows[-1].number
    for number, (sequence, clock) in last.items():
        reached = sa.update(tenants).where(tenants.c.number == number)
        connection.execute(reached.values(last_sequence=sequence, clock=clock))
