from __future__ import annotations

import subprocess
import sys

import pytest

import telemetry
from telemetry.keyring import CURRENT, KEPT, PREVIOUS, Keyring, folder
from telemetry.privacy.tenants import Pseudonyms

KEY, BEFORE = "k" * 32, "b" * 32


@pytest.fixture(autouse=True)
def own_data_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_the_variable_comes_before_the_file_and_the_file_before_the_kept_key(tmp_path):
    file = tmp_path / "key"
    file.write_text(BEFORE + "\n")
    from_variable = Keyring.from_environ({CURRENT: KEY, f"{CURRENT}_FILE": str(file)})
    from_file = Keyring.from_environ({f"{CURRENT}_FILE": str(file)})
    kept = Keyring.from_environ({})
    assert [ring.current.source for ring in (from_variable, from_file, kept)] == [
        CURRENT,
        f"{CURRENT}_FILE",
        KEPT,
    ]
    assert from_file.current.pseudonyms.key_id == Pseudonyms(BEFORE).key_id


def test_the_previous_key_may_be_in_a_variable_or_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(BEFORE)
    for environ in ({PREVIOUS: BEFORE}, {f"{PREVIOUS}_FILE": str(file)}):
        ring = Keyring.from_environ({CURRENT: KEY, **environ})
        assert [key.pseudonyms.key_id for key in ring.keys] == [
            Pseudonyms(KEY).key_id,
            Pseudonyms(BEFORE).key_id,
        ]
        assert ring.previous.source in environ


def test_a_key_that_cannot_be_used_is_named_by_its_own_variable_and_not_shown():
    ring = Keyring.from_environ({CURRENT: KEY, PREVIOUS: "canary", f"{PREVIOUS}_FILE": "/no/canary"})
    assert ring.previous is None
    assert [problem.split()[0] for problem in ring.problems] == [PREVIOUS, f"{PREVIOUS}_FILE"]
    assert "canary" not in repr(ring)


def test_no_key_is_shown_when_a_keyring_is_printed():
    assert KEY not in repr(Keyring.from_environ({CURRENT: KEY}))


def test_the_kept_key_is_the_one_that_a_pipeline_uses():
    pipeline = pytest.importorskip("telemetry.pipeline")
    ring = Keyring.from_environ({})
    assert Pseudonyms(pipeline._generated_secret()).key_id == ring.current.pseudonyms.key_id
    assert [entry.name for entry in folder().iterdir()] == ["pseudonym.key"]


def test_without_any_key_there_is_no_pseudonym(monkeypatch, tmp_path):
    (tmp_path / "continuum").write_text("no directory")
    assert Keyring.from_environ({}).current is None
    assert telemetry.pseudonym("tenant", "acme") is None


def test_the_front_door_gives_pseudonyms_without_importing_any_sdk():
    program = (
        "import sys, telemetry\n"
        "print(telemetry.pseudonym('tenant', 'acme'))\n"
        "print([name for name in ('opentelemetry', 'sentry_sdk', 'urllib3') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={CURRENT: KEY},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [Pseudonyms(KEY).of("tenant", "acme"), "[]"]
