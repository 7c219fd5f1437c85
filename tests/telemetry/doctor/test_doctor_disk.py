from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from telemetry.delivery.parcel import Parcel
from telemetry.delivery.spool import Spool
from telemetry.delivery.target import Target
from telemetry.doctor import disk

DSN = "http://abc123@127.0.0.1:9/7"
TARGET = Target("http://127.0.0.1:9/v1/traces")
PIPELINE = SimpleNamespace(sender=SimpleNamespace(couriers=[SimpleNamespace(target=TARGET)]))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def examine(subject, by_id, folder):
    def look(**more):
        environ = {"SENTRY_DSN": DSN, "CONTINUUM_TELEMETRY_SPOOL_DIR": str(folder), **more}
        return by_id(disk.examine(subject(PIPELINE, **environ)))

    return look


@pytest.fixture
def keep(folder):
    def put(key, body=b"x" * 100):
        spool = Spool(folder / key, on_loss=lambda *_: None, on_fault=lambda _: None)
        assert spool.put(Parcel.of("span", 1, body))

    return put


def test_a_spool_that_nobody_used_yet_is_well_and_is_not_made(examine, folder):
    assert examine()["spool"].state == "ok"
    assert not folder.exists()


def test_what_waits_is_told_for_each_destination_and_stays(examine, keep):
    keep(TARGET.key)
    keep("0123456789abcdef")
    for _ in range(2):
        found = examine()
        assert "1 parcel waits on disk" in found[f"spool.{TARGET.key}"].said
        assert "127.0.0.1:9" in found[f"spool.{TARGET.key}"].said
        assert found["spool.former"].state == "note"


def test_a_spool_that_is_nearly_full_is_a_problem(examine, keep):
    for _ in range(15):
        keep(TARGET.key)
    found = examine(CONTINUUM_TELEMETRY_SPOOL_MAX_BYTES="65536")
    assert found[f"spool.{TARGET.key}"].state == "problem"


def test_a_directory_that_others_may_write_to_is_a_problem(examine, folder):
    folder.mkdir()
    folder.chmod(0o777)
    assert "others may write" in examine()["spool"].said
    folder.chmod(0o700)
    (folder / TARGET.key).mkdir()
    (folder / TARGET.key).chmod(0o777)
    assert examine()["spool"].state == "problem"


def test_a_file_in_the_directorys_place_is_a_problem(examine, folder):
    folder.write_text("")
    assert "is a file" in examine()["spool"].said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_made_is_a_problem(examine, folder):
    folder.parent.chmod(0o500)
    assert "can't be made" in examine()["spool"].said


def test_a_spool_that_is_off_is_noted(examine):
    assert "the spool is off" in examine(CONTINUUM_TELEMETRY_SPOOL="false")["spool"].said
