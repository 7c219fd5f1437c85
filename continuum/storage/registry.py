"""The tables beside the memories: who may do what, what was done, and by which instance."""

from __future__ import annotations

import sqlalchemy as sa

from continuum.storage.columns import metadata, moment, of_tenant, own_number

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

# The first row is this instance itself; others are those it has heard of.
instances = sa.Table(
    "instances",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("public_key", sa.Text),
    moment("created_at"),
)

tenants = sa.Table(
    "tenants",
    metadata,
    own_number(),
    sa.Column("public_id", sa.Text, nullable=False, unique=True),
    # Counts the changes of a tenant's memories: an answer made for one revision is never given for another.
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"),
    # How many operations this instance has logged for the tenant, and the hybrid logical clock of the last.
    sa.Column("last_sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("clock", sa.BigInteger, nullable=False, server_default="0"),
    moment("created_at"),
    sqlite_autoincrement=True,  # a number is never used again: it names a tenant's index
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    of_tenant(),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    moment("created_at"),
    moment("revoked_at", nullable=True),
    moment("expires_at", nullable=True),
    moment("last_used_at", nullable=True),
    sa.Index("api_keys_by_tenant", "tenant_number"),
)

# Only ever appended to. It holds no text: a reference is an id, so what is forgotten is not in here.
operations = sa.Table(
    "operations",
    metadata,
    own_number(),
    of_tenant(),
    sa.Column("origin_number", sa.ForeignKey("instances.number"), nullable=False),
    # Without gaps for each tenant and origin, in the order in which they were committed.
    sa.Column("sequence", sa.BigInteger, nullable=False),
    # Milliseconds of Unix time in the upper 48 bits, a counter in the lower 16.
    sa.Column("clock", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("memory_id", sa.Text, nullable=False),
    sa.Column("reference", sa.Text),
    moment("created_at"),
    sa.UniqueConstraint("tenant_number", "origin_number", "sequence"),
    sa.Index("operations_by_memory", "tenant_number", "memory_id"),
)

# What was answered to a request that brought an Idempotency-Key: ids and counts, no text.
idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    of_tenant(primary_key=True),
    sa.Column("key_digest", sa.Text, primary_key=True),
    # Empty once a memory of the answer was forgotten: it was made from the text.
    sa.Column("request_digest", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    moment("created_at"),
    sa.Index("idempotency_keys_by_age", "tenant_number", "created_at"),
)

# That something was erased, and how much; not what, and not whose: it outlives the tenant.
receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    moment("erased_at"),
)
