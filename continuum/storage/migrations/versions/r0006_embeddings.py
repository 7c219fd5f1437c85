"""What memories mean, as vectors; a row goes with its memory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MINE = "tenant_number = NULLIF(current_setting('continuum.tenant', true), '')::bigint"


def upgrade() -> None:
    """Add an empty table: what it holds is worked out again from the memories."""
    op.create_table(
        "embeddings",
        _goes_with("memory_number", "memories", primary_key=True),
        _goes_with("tenant_number", "tenants"),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_index("embeddings_by_tenant", "embeddings", ["tenant_number", "memory_number"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE embeddings ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE embeddings FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_tenant ON embeddings USING ({_MINE}) WITH CHECK ({_MINE})")


def downgrade() -> None:
    """Take it away; its policy goes with it."""
    op.drop_table("embeddings")


def _goes_with(name: str, table: str, *, primary_key: bool = False) -> sa.Column[int]:
    reference = sa.ForeignKey(f"{table}.number", ondelete="CASCADE")
    return sa.Column(name, _NUMBER, reference, nullable=False, primary_key=primary_key)
