"""What tenants have: memories and what is derived from them.

Full-text indexes of SQLite are not among the tables: each tenant has its own, made when first needed.
Every table here has ``tenant_number``; on PostgreSQL row level security stands on it.
"""

from __future__ import annotations

import sqlalchemy as sa

from continuum.storage.columns import metadata, moment, of_concept, of_memory, of_tenant, own_number

sessions = sa.Table(
    "sessions",
    metadata,
    of_tenant(primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    # What a private session holds stays on this instance.
    sa.Column("is_private", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
    moment("created_at"),
)

memories = sa.Table(
    "memories",
    metadata,
    own_number(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    of_tenant(),
    sa.Column("session", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    moment("created_at"),
    moment("occurred_at", nullable=True),
    sa.Column("metadata", sa.JSON, nullable=False),
    # From 0 to 1; what nobody has judged is in the middle.
    sa.Column("importance", sa.Float, nullable=False, server_default="0.5"),
    # The same for texts that differ in case, punctuation and spacing only.
    sa.Column("likeness", sa.Text, nullable=False, server_default=""),
    # Ids and not numbers, without foreign keys: another instance may send the one before the other.
    sa.Column("near_duplicate_of", sa.Text),
    sa.Column("superseded_by", sa.Text),
    # Which instance learned it, and as its how manieth operation for this tenant.
    sa.Column("origin_number", sa.Integer, nullable=False, server_default="1"),
    sa.Column("origin_sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.UniqueConstraint("tenant_number", "role", "content_hash"),
    sa.Index("memories_by_id", "tenant_number", "id"),
    sa.Index("memories_by_session", "tenant_number", "session", "number"),
    sa.Index("memories_by_likeness", "tenant_number", "likeness"),
    sa.Index(
        "memories_by_successor",
        "tenant_number",
        "superseded_by",
        sqlite_where=sa.text("superseded_by IS NOT NULL"),
        postgresql_where=sa.text("superseded_by IS NOT NULL"),
    ),
    sa.Index(
        "memories_by_near_duplicate",
        "tenant_number",
        "near_duplicate_of",
        sqlite_where=sa.text("near_duplicate_of IS NOT NULL"),
        postgresql_where=sa.text("near_duplicate_of IS NOT NULL"),
    ),
    sqlite_autoincrement=True,  # a number is never used again: indexes refer to it
)

# A text that comes again is not stored twice, but where and when it came again is.
repeats = sa.Table(
    "repeats",
    metadata,
    own_number(),
    of_tenant(),
    of_memory(),
    sa.Column("session", sa.Text),
    moment("created_at"),
    moment("occurred_at", nullable=True),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("importance", sa.Float, nullable=False, server_default="0.5"),
    # As for memories. Those from before repeats were entered have 0 until the tenant gets its first peer.
    sa.Column("origin_number", sa.Integer, nullable=False, server_default="1"),
    sa.Column("origin_sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("repeats_by_tenant", "tenant_number"),
    sa.Index("repeats_by_memory", "memory_number"),
)

# Two instances learned the same text apart from each other: the greater id stands for the memory of the smaller.
aliases = sa.Table(
    "aliases",
    metadata,
    of_tenant(primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("memory_id", sa.Text, nullable=False),
    sa.Index("aliases_by_memory", "tenant_number", "memory_id"),
)

concepts = sa.Table(
    "concepts",
    metadata,
    own_number(),
    of_tenant(),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("folded_name", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    moment("created_at"),
    sa.UniqueConstraint("tenant_number", "type", "folded_name"),
)

# This table and the next have no index of the tenant: SQLite would prefer it to those that find a few rows.
memory_concepts = sa.Table(
    "memory_concepts",
    metadata,
    of_memory(primary_key=True),
    of_concept("concept_number"),
    of_tenant(),
    sa.Index("memory_concepts_by_concept", "concept_number"),
)

# Two concepts are linked by each memory that has both: with the memory, its links go.
concept_links = sa.Table(
    "concept_links",
    metadata,
    of_concept("source_number"),
    of_concept("target_number"),
    of_memory(primary_key=True),
    of_tenant(),
    sa.Index("concept_links_by_memory", "memory_number"),
    sa.Index("concept_links_by_target", "target_number"),
)

# What memories mean, to be found by other words; made from the texts by one model, and made again by another.
embeddings = sa.Table(
    "embeddings",
    metadata,
    of_memory(primary_key=True),
    of_tenant(),
    sa.Column("model", sa.Text, nullable=False),
    # Half-precision floats, little-endian, of length 1 together.
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Index("embeddings_by_tenant", "tenant_number", "memory_number"),
)
