from __future__ import annotations

import hashlib
import hmac
import stat

from telemetry.privacy.tenants import SHAPE, Pseudonyms, kept_secret

SECRET = "a secret of at least thirty-two characters"


def test_the_same_tenant_is_the_same_for_the_same_key():
    assert Pseudonyms(SECRET).of("tenant", "acme") == Pseudonyms(SECRET).of("tenant", "acme")
    assert Pseudonyms(SECRET).of("tenant", "acme") != Pseudonyms(SECRET + "!").of("tenant", "acme")


def test_a_tenant_and_a_user_of_one_name_are_not_seen_to_be_the_same():
    pseudonyms = Pseudonyms(SECRET)
    assert pseudonyms.of("tenant", "acme")[5:] != pseudonyms.of("user", "acme")[5:]


def test_a_pseudonym_shows_128_bits_and_which_key_made_it():
    pseudonyms = Pseudonyms(SECRET)
    made = pseudonyms.of("tenant", "acme")
    assert SHAPE.fullmatch(made)
    assert made.startswith(pseudonyms.key_id + "-")
    assert hashlib.sha256(b"acme").hexdigest()[:32] not in made


def test_anybody_with_the_derived_key_makes_the_same_pseudonym():
    pseudonyms = Pseudonyms(SECRET)
    digest = hmac.new(pseudonyms.derived_key("tenant").encode(), b"acme", hashlib.sha256).hexdigest()
    assert pseudonyms.of("tenant", "acme") == f"{pseudonyms.key_id}-{digest[:32]}"


def test_names_that_are_no_text_have_pseudonyms_too():
    assert SHAPE.fullmatch(Pseudonyms(SECRET).of("tenant", "\udce4\0"))


def test_a_generated_secret_is_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "telemetry" / "pseudonym.key"
    first = kept_secret(path)
    assert first is not None
    assert len(first) == 64
    assert kept_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["pseudonym.key"]


def test_a_secret_that_cannot_be_kept_is_none(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    assert kept_secret(tmp_path / "file" / "pseudonym.key") is None
