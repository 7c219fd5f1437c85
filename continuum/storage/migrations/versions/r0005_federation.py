"""Federation: peers, where repeats come from, ids of the same text, what is still to be forgotten elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_FORCED = ("aliases", "peers", "erasures")
_MINE = "tenant_number = NULLIF(current_setting('continuum.tenant', true), '')::bigint"


def _tenant() -> sa.Column[int]:
    reference = sa.ForeignKey("tenants.number", ondelete="CASCADE")
    return sa.Column("tenant_number", _NUMBER, reference, nullable=False, primary_key=True)


def upgrade() -> None:
    """Add tables and columns; repeats get their place in the log when their tenant gets a peer."""
    op.add_column("repeats", sa.Column("importance", sa.Float, nullable=False, server_default="0.5"))
    op.add_column("repeats", sa.Column("origin_number", sa.Integer, nullable=False, server_default="1"))
    op.add_column("repeats", sa.Column("origin_sequence", sa.BigInteger, nullable=False, server_default="0"))
    superseded = sa.text("kind = 'supersede'")
    op.create_index(
        "operations_by_successor", "operations", ["tenant_number", "reference"],
        sqlite_where=superseded, postgresql_where=superseded,
    )  # fmt: skip
    op.create_table(
        "aliases",
        _tenant(),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("memory_id", sa.Text, nullable=False),
    )
    op.create_index("aliases_by_memory", "aliases", ["tenant_number", "memory_id"])
    op.create_table(
        "peers",
        _tenant(),
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("cursor", sa.Text, nullable=False, server_default=""),
        sa.Column("acknowledged", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("met_at", _MOMENT),
    )
    op.create_table(
        "nonces",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("nonce", sa.Text, primary_key=True),
        sa.Column("used_at", _MOMENT, nullable=False),
    )
    op.create_index("nonces_by_age", "nonces", ["used_at"])
    op.create_table(
        "erasures",
        _tenant(),
        sa.Column("receipt_id", sa.Text, primary_key=True),
        sa.Column("log_number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "forgotten_peerings",
        sa.Column("receipt_id", sa.Text, primary_key=True),
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("former_number", sa.BigInteger, nullable=False),
        sa.Column("digests", sa.JSON, nullable=False),
        sa.Column("erased_at", _MOMENT, nullable=False),
        sa.Column("acknowledged_at", _MOMENT),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in _FORCED:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY own_tenant ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")


def downgrade() -> None:
    """Take them away; policies go with their tables."""
    for table in ("forgotten_peerings", "erasures", "nonces", "peers", "aliases"):
        op.drop_table(table)
    op.drop_index("operations_by_successor", "operations")
    for column in ("origin_sequence", "origin_number", "importance"):
        op.drop_column("repeats", column)
