from __future__ import annotations

import pytest

from telemetry import keyring
from telemetry.doctor import hash_keys

DSN = "http://abc123@127.0.0.1:9/7"
KEY = "k" * 32


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert keyring.kept()
    return keyring.folder() / "pseudonym.key"


def test_a_key_that_is_set_is_well(subject, by_id):
    found = by_id(hash_keys.examine(subject(object(), SENTRY_DSN=DSN, CONTINUUM_TELEMETRY_HASH_KEY=KEY)))
    assert found["hash-key"].state == "ok"


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("environ", "state"),
    [
        ({}, "note"),
        ({"WEB_CONCURRENCY": "1"}, "note"),
        ({"WEB_CONCURRENCY": "4"}, "problem"),
        ({"GUNICORN_CMD_ARGS": "--bind 0.0.0.0 --workers=4"}, "problem"),
        ({"GUNICORN_CMD_ARGS": "-w 1"}, "note"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "problem"),
        ({"CONTINUUM_ENV": "production"}, "problem"),
        ({"CONTINUUM_ENV": "test"}, "note"),
    ],
)
def test_a_generated_key_is_a_problem_where_there_is_more_than_one_process(subject, by_id, environ, state):
    found = by_id(hash_keys.examine(subject(object(), SENTRY_DSN=DSN, **environ)))
    assert found["hash-key"].state == state
    assert "CONTINUUM_TELEMETRY_HASH_KEY" in found["hash-key"].do


def test_a_key_that_cannot_be_kept_is_a_problem(subject, by_id, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "not there"))
    found = by_id(hash_keys.examine(subject(object(), SENTRY_DSN=DSN)))
    assert found["hash-key"].state == "problem"
    assert not (tmp_path / "not there").exists()


def test_telemetry_that_is_off_needs_no_key(subject):
    assert list(hash_keys.examine(subject())) == []


def test_a_file_that_others_may_write_to_is_a_problem(subject, by_id, tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY)
    for mode, state in ((0o666, "problem"), (0o644, "note")):
        file.chmod(mode)
        found = by_id(
            hash_keys.examine(subject(object(), SENTRY_DSN=DSN, CONTINUUM_TELEMETRY_HASH_KEY_FILE=str(file)))
        )
        assert found["hash-key.file"].state == state


def test_a_previous_key_that_cannot_be_used_is_a_problem(subject, by_id):
    found = by_id(hash_keys.examine(subject(CONTINUUM_TELEMETRY_HASH_KEY_PREVIOUS="too short")))
    assert "CONTINUUM_TELEMETRY_HASH_KEY_PREVIOUS" in found["hash-key.previous"].said
