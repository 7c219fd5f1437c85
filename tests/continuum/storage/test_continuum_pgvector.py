"""PostgreSQL compares meanings itself where it has pgvector: the same answers, one tenant's, gone when erased."""

import pytest

numpy = pytest.importorskip("numpy", reason="without the extra there are no vectors")

import sqlalchemy as sa  # noqa: E402 - numpy may be missing

from continuum.core.records import Note  # noqa: E402 - see above
from continuum.semantic.vectors import STORED, TenantVectors, nearness_of  # noqa: E402 - see above
from continuum.storage.index import pgvector  # noqa: E402 - see above
from continuum.storage.index.embeddings import keep_vectors, lacking, newest_vectors  # noqa: E402 - see above
from continuum.storage.tables import memories  # noqa: E402 - see above

pytestmark = pytest.mark.parametrize("place", ["postgresql"], indirect=True)
chance = numpy.random.default_rng(11)


def unit():
    some = chance.normal(size=384)
    return some / numpy.linalg.norm(some)


@pytest.fixture
def filled(engine, database, tenant):
    """Sixty memories of three sessions and of none, each with a vector."""
    sessions = [f"s{place % 4}" if place % 4 else None for place in range(60)]
    engine.learn(
        tenant, *(Note(f"memory {place}", session=session) for place, session in enumerate(sessions))
    )
    with database.write(tenant) as connection:
        rows = lacking(connection, tenant, "m", after=0, most=100)
        made = [(row.number, unit().astype(STORED).tobytes()) for row in rows]
        keep_vectors(connection, tenant, "m", made)
    with database.read(tenant) as connection:
        found = connection.execute(sa.select(memories.c.number, memories.c.session)).all()
    return dict(made), {row.number: row.session for row in found}


def compare(database, tenant, question, most=1000):
    with database.read(tenant) as connection:
        return nearness_of(pgvector.compare(connection, tenant, "m", question.tolist(), most=most))


def test_it_is_enabled_by_the_owner_and_keeps_one_copy_of_each_vector(database, tenant, filled):
    with database.read(tenant) as connection:
        assert pgvector.is_enabled(connection)
        assert not lacking(connection, tenant, "m", after=0, most=100)
        assert len(lacking(connection, tenant, "another model", after=0, most=100)) == 60
        assert not newest_vectors(connection, tenant, "m", after=0, most=100)


def test_every_memory_is_as_near_as_it_is_without_the_extension(database, tenant, filled):
    vectors, sessions = filled
    held = TenantVectors()
    held.add((number, sessions[number], vector) for number, vector in sorted(vectors.items()))
    question = unit()
    here, there = held.compare(question.astype(numpy.float32)), compare(database, tenant, question)
    for number in vectors:
        assert there.of(number) == pytest.approx(here.of(number), abs=2e-3)
    assert there.nearest(5)[0] == here.nearest(5)[0]
    assert len(compare(database, tenant, question, most=7).nearest(100)) == 7


def test_nothing_of_another_tenant_is_compared(database, engine, tenant, make_tenant, filled):
    rival = make_tenant("rival")
    assert compare(database, rival, unit()).nearest(100) == []
    # Even by a statement that names the other's: row level security is forced.
    with database.read(rival) as connection:
        assert pgvector.compare(connection, tenant, "m", unit().tolist(), most=100) == b""


def test_what_is_forgotten_is_compared_no_more_from_its_commit_on(database, engine, tenant, filled):
    number = min(filled[0])
    with database.read(tenant) as connection:
        identifier = connection.scalar(sa.select(memories.c.id).where(memories.c.number == number))
    engine.forget(tenant, identifier)
    assert compare(database, tenant, unit()).of(number) is None


def test_without_the_extension_vectors_are_made_again_as_bytes(database, tenant, filled, alter):
    alter("DROP EXTENSION vector CASCADE")
    with database.write(tenant) as connection:
        assert not pgvector.is_enabled(connection)
        rows = lacking(connection, tenant, "m", after=0, most=100)
        assert len(rows) == 60
        keep_vectors(connection, tenant, "m", [(row.number, unit().astype(STORED).tobytes()) for row in rows])
        assert len(newest_vectors(connection, tenant, "m", after=0, most=100)) == 60


def test_a_role_that_may_not_make_it_goes_on_without(database, alter):
    alter("DROP EXTENSION vector CASCADE")
    with database.write() as connection:
        assert not pgvector.enable(connection)
        assert connection.scalar(sa.text("SELECT 1")) == 1
