import pytest

from continuum.core.credentials import key_id, new_key
from continuum.core.errors import InvalidTenant, KeyNotFound, TenantNotFound
from continuum.storage.keys import find_caller, list_keys, revoke_key
from continuum.storage.tenants import ensure_tenant, find_tenant


def test_a_key_finds_its_caller_with_tenant_and_scopes(database, make_key, make_tenant):
    key = make_key("acme", "write", "read")
    with database.read() as connection:
        caller = find_caller(connection, key)
    assert (caller.tenant, caller.scopes) == (make_tenant("acme"), {"read", "write"})


def test_the_database_holds_no_key(database, make_key):
    key = make_key("acme")
    database.close()
    assert key.encode() not in database.path.read_bytes()
    assert key[11:].encode() not in database.path.read_bytes()


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
