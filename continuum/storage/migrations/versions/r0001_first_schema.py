"""The first schema, as it was before there were migrations; a file that has it starts here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _tenant() -> sa.Column[int]:
    reference = sa.ForeignKey("tenants.number", ondelete="CASCADE")
    return sa.Column("tenant_number", _NUMBER, reference, nullable=False)


def _part(name: str, table: str, *, primary_key: bool = True) -> sa.Column[int]:
    reference = sa.ForeignKey(f"{table}.number", ondelete="CASCADE")
    return sa.Column(name, _NUMBER, reference, nullable=False, primary_key=primary_key)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "tenants",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("public_id", sa.Text, nullable=False, unique=True),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", _MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        _tenant(),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT),
    )
    op.create_table(
        "memories",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        _tenant(),
        sa.Column("session", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("occurred_at", _MOMENT),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.UniqueConstraint("tenant_number", "role", "content_hash"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "repeats",
        sa.Column("number", _NUMBER, primary_key=True),
        _tenant(),
        _part("memory_number", "memories", primary_key=False),
        sa.Column("session", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("occurred_at", _MOMENT),
        sa.Column("metadata", sa.JSON, nullable=False),
    )
    op.create_table(
        "concepts",
        sa.Column("number", _NUMBER, primary_key=True),
        _tenant(),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("folded_name", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_number", "type", "folded_name"),
    )
    op.create_table(
        "memory_concepts", _part("memory_number", "memories"), _part("concept_number", "concepts")
    )
    op.create_table(
        "concept_links",
        _part("source_number", "concepts"),
        _part("target_number", "concepts"),
        _part("memory_number", "memories"),
        _tenant(),
    )
    for table, columns in _INDEXES.items():
        for name, column in columns.items():
            op.create_index(name, table, [column])


def downgrade() -> None:
    """Drop the tables, and with them everything."""
    for table in (
        "concept_links", "memory_concepts", "concepts", "repeats", "memories", "api_keys", "tenants", "secrets",
    ):  # fmt: skip
        op.drop_table(table)


_INDEXES = {
    "repeats": {"repeats_by_tenant": "tenant_number", "repeats_by_memory": "memory_number"},
    "memory_concepts": {"memory_concepts_by_concept": "concept_number"},
    "concept_links": {
        "concept_links_by_memory": "memory_number",
        "concept_links_by_target": "target_number",
        "concept_links_by_tenant": "tenant_number",
    },
}
