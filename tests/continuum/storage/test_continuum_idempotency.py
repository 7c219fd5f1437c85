from real_postgres import both_databases

from continuum.core.records import Note


@both_databases
def test_requests_of_forgotten_memories_are_answered_as_before_and_others_are_known_still(engine, tenant):
    notes = [Note(f"note {number}", session="s") for number in range(3)]
    gone = engine.learn(tenant, *notes, idempotency_key="gone")
    kept = engine.learn(tenant, Note("kept"), idempotency_key="kept")
    engine.forget_session(tenant, "s")
    assert engine.learn(tenant, *notes, idempotency_key="gone") == gone
    assert engine.learn(tenant, Note("kept"), idempotency_key="kept") == kept
    with engine._database.read(tenant) as connection:
        digests = connection.exec_driver_sql("SELECT request_digest FROM idempotency_keys").scalars().all()
    assert sorted(map(bool, digests)) == [False, True]
    assert (engine.stats(tenant).memories, engine.stats(tenant).repeats) == (1, 0)
