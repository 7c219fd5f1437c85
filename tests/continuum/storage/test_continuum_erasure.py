import pytest
from real_postgres import both_databases

from continuum.core.errors import InvalidProvenance
from continuum.core.records import Note


@both_databases
@pytest.mark.parametrize("nothing", [None, ""])
def test_forgetting_no_session_erases_nothing_and_not_all_that_has_none(engine, tenant, nothing):
    engine.learn(tenant, Note("tea"), Note("moss", session="s"))
    with pytest.raises(InvalidProvenance, match=r"^a session is text of 1 to 200 characters"):
        engine.forget_session(tenant, nothing)
    assert engine.stats(tenant).memories == 2
