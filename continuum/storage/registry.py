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
    sa.Index(
        "operations_by_successor",
        "tenant_number",
        "reference",
        sqlite_where=sa.text("kind = 'supersede'"),
        postgresql_where=sa.text("kind = 'supersede'"),
    ),
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

# Other instances that may read a tenant's log and add to it; those with an address are called.
peers = sa.Table(
    "peers",
    metadata,
    of_tenant(primary_key=True),
    # Made from the public key, by which a peer is known.
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    # Up to where we have its log, in its own words, and up to which number of ours it has told to have ours.
    sa.Column("cursor", sa.Text, nullable=False, server_default=""),
    sa.Column("acknowledged", sa.BigInteger, nullable=False, server_default="0"),
    moment("created_at"),
    moment("met_at", nullable=True),
)

# What peers have signed lately, so that nothing is taken twice.
nonces = sa.Table(
    "nonces",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("nonce", sa.Text, primary_key=True),
    moment("used_at"),
    sa.Index("nonces_by_age", "used_at"),
)

# Up to which number of the log an erasure is entered: peers that have acknowledged it have erased, too.
erasures = sa.Table(
    "erasures",
    metadata,
    of_tenant(primary_key=True),
    sa.Column("receipt_id", sa.Text, primary_key=True),
    sa.Column("log_number", sa.BigInteger, nullable=False),
)

# The peers of a tenant that was erased, until they have erased theirs; no name is left.
forgotten_peerings = sa.Table(
    "forgotten_peerings",
    metadata,
    sa.Column("receipt_id", sa.Text, primary_key=True),
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    # The number that the tenant had: the file of the key for calling this peer is named by it.
    sa.Column("former_number", sa.BigInteger, nullable=False),
    # Digests of the keys with which the peer may ask.
    sa.Column("digests", sa.JSON, nullable=False),
    moment("erased_at"),
    moment("acknowledged_at", nullable=True),
)
