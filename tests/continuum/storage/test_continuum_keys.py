from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from real_postgres import both_databases

from continuum.core.credentials import key_id, new_key
from continuum.core.errors import InvalidTenant, KeyNotFound, TenantNotFound
from continuum.storage.keys import create_key, find_caller, list_keys, note_use, revoke_key, rotate_key
from continuum.storage.registry import api_keys
from continuum.storage.tenants import ensure_tenant, find_tenant

pytestmark = both_databases


def test_a_key_finds_its_caller_with_tenant_and_scopes(database, make_key, make_tenant):
    key = make_key("acme", "write", "read")
    with database.read() as connection:
        caller = find_caller(connection, key)
    assert (caller.tenant, caller.scopes) == (make_tenant("acme"), {"read", "write"})


def test_a_key_works_until_it_expires(database, make_tenant):
    soon, past = datetime.now(UTC) + timedelta(seconds=60), datetime.now(UTC) - timedelta(seconds=1)
    tenant = make_tenant("acme")
    with database.write() as connection:
        good = create_key(connection, tenant, ["read"], soon)
        bad = create_key(connection, tenant, ["read"], past)
        assert find_caller(connection, good) is not None
        assert find_caller(connection, bad) is None
        assert [entry.expires_at for entry in list_keys(connection, tenant)] == [soon, past]


def test_a_rotated_key_has_a_successor_with_the_same_rights_and_ends_after_the_overlap(database, make_key):
    old = make_key("acme", "read", "sync")
    with database.write() as connection:
        issued = rotate_key(connection, key_id(old), timedelta(hours=1))
        assert find_caller(connection, old) is not None
        assert find_caller(connection, issued.key).scopes == {"read", "sync"}
        last = rotate_key(connection, key_id(issued.key), timedelta(0))
        assert find_caller(connection, issued.key) is None
        assert find_caller(connection, last.key) is not None
        revoke_key(connection, key_id(last.key))
        for dead in (issued.key, last.key):
            with pytest.raises(KeyNotFound):
                rotate_key(connection, key_id(dead), timedelta(hours=1))
    assert old not in repr(issued)
    assert issued.key not in repr(issued)


def test_the_use_of_a_key_is_written_down_once_a_minute(database, make_key):
    key = make_key("acme")
    with database.write() as connection:
        caller = find_caller(connection, key)
        assert caller.use_is_unnoted
        note_use(connection, caller.key_id)
        assert not find_caller(connection, key).use_is_unnoted
        (entry,) = list_keys(connection, caller.tenant)
    assert datetime.now(UTC) - entry.last_used_at < timedelta(minutes=1)


def test_the_database_holds_no_key(database, make_key):
    key = make_key("acme")
    with database.read() as connection:
        (row,) = connection.execute(sa.select(api_keys)).all()
    assert key[11:] not in repr(row)


def test_a_key_with_the_right_id_and_a_wrong_rest_finds_nobody(database, make_key):
    key = make_key("acme")
    with database.read() as connection:
        assert find_caller(connection, key[:11] + new_key()[11:]) is None


def test_a_revoked_key_finds_nobody_and_stays_listed(database, make_key):
    key = make_key("acme")
    with database.write() as connection:
        revoke_key(connection, key_id(key))
        assert find_caller(connection, key) is None
        tenant = find_tenant(connection, "acme")
        first = list_keys(connection, tenant)[0].revoked_at
        revoke_key(connection, key_id(key))
        assert list_keys(connection, tenant)[0].revoked_at == first is not None


def test_revoking_an_unknown_key_says_so(database):
    with database.write() as connection, pytest.raises(KeyNotFound):
        revoke_key(connection, "nothing")


def test_an_unknown_tenant_is_not_made_by_looking(database):
    with database.read() as connection, pytest.raises(TenantNotFound) as caught:
        find_tenant(connection, "canary")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "x" * 65, "ä", "a\n"])
def test_a_tenant_name_of_another_form_is_refused(database, name):
    with database.write() as connection, pytest.raises(InvalidTenant):
        ensure_tenant(connection, name)
