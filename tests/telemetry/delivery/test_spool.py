"""The spool on a real file system, among real processes that are killed."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.delivery import spool_lock
from telemetry.delivery.parcel import Parcel
from telemetry.delivery.spool import Spool
from telemetry.delivery.spool_file import BLOCK, DONE, LARGEST
from telemetry.delivery.spool_folder import TEMPORARY_KEPT
from telemetry.delivery.spool_listing import LOOK_INTERVAL
from telemetry.ledger import End

pytestmark = pytest.mark.skipif(
    not spool_lock.HAS_LOCKS, reason="the spool is off where there are no file locks"
)
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root: it gives files away or mounts a file system"
)

NOW = time.time()


class Watched(Spool):
    """A spool that remembers what it reported."""

    def __init__(self, directory, **options) -> None:
        self.losses: list[tuple[str, int, End]] = []
        self.faults: list[str] = []
        super().__init__(
            directory, on_loss=lambda *loss: self.losses.append(loss), on_fault=self.faults.append, **options
        )

    def drain(self) -> list[Parcel]:
        parcels = []
        while (claim := self.take()) is not None:
            parcels.append(claim.parcel)
            claim.done()
        return parcels


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "spools" / "sentry"


def parcel(text: str = "a span", *, signal: str = "span", quantity: int = 1, age: float = 0.0) -> Parcel:
    return Parcel(signal, quantity, text.encode(), len(text) * 3, time.time() - age)


def texts(parcels: list[Parcel]) -> list[str]:
    return [each.packed.decode() for each in parcels]


def files(directory) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def fields(one: Parcel) -> tuple[object, ...]:
    return (one.signal, one.quantity, one.packed, one.size, one.created)


def run(script: str, *arguments: object, **options) -> subprocess.Popen[str]:
    """Start a program that has a spool of the directory that is its first argument."""
    start = """
        import os, sys, threading, time
        from pathlib import Path
        from telemetry.delivery.parcel import Parcel
        from telemetry.delivery.spool import Spool
        losses, faults = [], []
        def new_spool(**options):
            told = {"on_loss": lambda *loss: losses.append(loss), "on_fault": faults.append}
            return Spool(Path(sys.argv[1]), **told, **options)
        spool = new_spool()
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(start) + textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


# --- in and out ---


def test_nothing_is_touched_before_the_first_parcel(directory):
    spool = Watched(directory)
    assert spool.take() is None
    assert spool.waiting() == (0, 0)
    assert not directory.parent.exists()
    assert spool.faults == []


def test_what_comes_out_is_what_was_put_in(directory):
    body = Parcel.of("error", 3, b"x" * 50_000)
    assert Watched(directory).put(body)
    claim = Watched(directory).take()
    assert fields(claim.parcel) == fields(body)
    assert claim.parcel.body == b"x" * 50_000
    claim.done()
    assert files(directory) == []


def test_directory_parents_and_files_are_private_whatever_the_umask(directory):
    before = os.umask(0)
    try:
        Watched(directory).put(parcel())
    finally:
        os.umask(before)
    assert stat.S_IMODE(directory.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()] == [0o600]


def test_names_sort_by_age_and_tell_signal_and_quantity(directory):
    spool = Watched(directory)
    for age in (5, 9, 1):
        spool.put(parcel(signal=f"signal_{age}", quantity=age, age=age))
    told = [name.split("-")[2:4] for name in files(directory)]
    assert told == [["signal_9", "9"], ["signal_5", "5"], ["signal_1", "1"]]


def test_the_oldest_comes_first_whatever_its_signal(directory):
    spool = Watched(directory)
    for age, kind in ((2, "span"), (4, "error"), (1, "error"), (3, "span")):
        spool.put(parcel(str(age), signal=kind, age=age))
    assert texts(spool.drain()) == ["4", "3", "2", "1"]


def test_signals_that_the_backend_does_not_want_now_are_passed_over(directory):
    spool = Watched(directory)
    spool.put(parcel("old", signal="span", age=9))
    spool.put(parcel("young", signal="error"))
    claim = spool.take(unless={"span"})
    assert claim.parcel.packed == b"young"
    claim.done()
    assert spool.take(unless=["span", "error"]) is None
    assert texts(spool.drain()) == ["old"]


def test_a_released_parcel_is_there_for_everybody(directory):
    one, other = Watched(directory), Watched(directory)
    one.put(parcel())
    claim = one.take()
    assert one.take() is None
    assert other.take() is None
    claim.release()
    claim.done()  # too late: it is no longer ours
    assert texts(other.drain()) == ["a span"]
    assert one.take() is None


def test_what_another_process_releases_is_found_although_the_directory_has_not_changed(directory):
    one, other = Watched(directory), Watched(directory)
    one.put(parcel())
    os.utime(directory, (NOW - 100, NOW - 100))
    claim = one.take()
    assert other.take() is None
    claim.release()
    assert texts(other.drain()) == ["a span"]


def test_a_parcel_that_is_done_is_gone_for_everybody_also_for_who_had_listed_it(directory):
    one, other = Watched(directory), Watched(directory)
    one.put(parcel("first", age=2))
    one.put(parcel("second", age=1))
    assert other.waiting()[0] == 2
    claim = one.take()
    claim.done()
    claim.done()
    claim.release()
    assert texts(other.drain()) == ["second"]
    assert (other.losses, other.faults) == ([], [])


def test_a_parcel_deleted_between_opening_and_locking_is_not_replayed(directory, monkeypatch):
    one, other = Watched(directory), Watched(directory)
    one.put(parcel())
    claim = one.take()
    real = spool_lock.flock

    def others_first(file, operation):
        monkeypatch.setattr(spool_lock, "flock", real)
        claim.done()
        real(file, operation)

    monkeypatch.setattr(spool_lock, "flock", others_first)
    assert other.take() is None
    assert (other.losses, other.faults) == ([], [])


def test_a_claim_that_is_lost_frees_its_parcel(directory):
    spool, other = Watched(directory), Watched(directory)
    spool.put(parcel())
    claim = spool.take()
    assert other.take() is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # Python says, rightly, that nobody closed it
        del claim
        gc.collect()
    assert texts(other.drain()) == ["a span"]


def test_what_others_put_is_seen_at_once_in_an_empty_spool(directory):
    one, other = Watched(directory), Watched(directory)
    assert one.take() is None
    for text in "abc":
        other.put(parcel(text))
        assert texts(one.drain()) == [text]


def test_the_directory_is_not_listed_for_each_parcel(directory, monkeypatch):
    spool = Watched(directory)
    listings = []
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listings.append(path) or real(path))
    start = time.monotonic()
    for number in range(300):
        spool.put(parcel(age=number))
    assert len(spool.drain()) == 300
    assert len(listings) <= 4 + 2 * (time.monotonic() - start) / LOOK_INTERVAL


def test_two_threads_of_a_process_lose_and_repeat_nothing(directory):
    spool = Watched(directory)
    taken: list[str] = []
    finished = threading.Event()

    def put() -> None:
        for number in range(200):
            assert spool.put(parcel(f"{threading.get_ident()} {number}"))

    def take() -> None:
        while True:
            last = finished.is_set()
            taken.extend(texts(spool.drain()))
            if last:
                return

    writers = [threading.Thread(target=put) for _ in range(2)]
    takers = [threading.Thread(target=take) for _ in range(2)]
    for thread in (*writers, *takers):
        thread.start()
    for thread in writers:
        thread.join()
    finished.set()
    for thread in takers:
        thread.join()
    taken += texts(Watched(directory).drain())
    assert len(taken) == len(set(taken)) == 400
    assert spool.waiting() == (0, 0)
    assert (spool.losses, spool.faults) == ([], [])


# --- the bound, and time ---


def test_the_oldest_make_room_and_are_counted(directory):
    spool = Watched(directory, most_bytes=3 * BLOCK)
    for age in (3, 5, 4, 2, 1):
        assert spool.put(parcel(str(age), quantity=age, age=age))
    assert spool.losses == [("span", 5, End.EXPIRED), ("span", 4, End.EXPIRED)]
    assert spool.waiting() == (3, 3 * BLOCK)
    assert texts(spool.drain()) == ["3", "2", "1"]


def test_the_bound_is_shared_by_all_who_use_the_directory(directory):
    one, other = Watched(directory, most_bytes=4 * BLOCK), Watched(directory, most_bytes=4 * BLOCK)
    for age in range(20, 0, -1):
        spool = (one, other)[age % 2]
        spool._listing._look_at = 0.0  # as if the other's parcel had come a second ago
        assert spool.put(parcel(str(age), age=age))
    assert len(files(directory)) == 4
    assert len(one.losses) + len(other.losses) == 16


def test_parcels_that_somebody_is_delivering_do_not_make_room(directory):
    one, other = Watched(directory, most_bytes=2 * BLOCK), Watched(directory, most_bytes=2 * BLOCK)
    one.put(parcel("being delivered", age=2))
    one.put(parcel("waits", age=1))
    claim = one.take()
    assert other.put(parcel("new"))
    assert other.losses == [("span", 1, End.EXPIRED)]
    claims = [claim, other.take()]
    assert not other.put(parcel("no room"))
    for each in claims:
        each.done()
    assert len(other.losses) == 1
    assert len(files(directory)) == 0


def test_nothing_expires_for_room_that_another_process_has_made(directory):
    one, other = Watched(directory, most_bytes=3 * BLOCK), Watched(directory, most_bytes=3 * BLOCK)
    for age in (3, 2, 1):
        one.put(parcel(str(age), age=age))
    one._listing._look_at = float("inf")  # it has not seen that yet
    other.take().done()
    assert one.put(parcel("new"))
    assert one.losses == []
    assert texts(other.drain()) == ["2", "1", "new"]


@pytest.mark.parametrize(
    "unfit",
    [
        parcel("x", signal="../../etc"),
        parcel("x", signal=""),
        parcel("x", signal="a-b"),
        parcel("x", quantity=-1),
        parcel("x" * 3 * BLOCK),
        Parcel("span", 1, b"a bomb", LARGEST + 1),
    ],
)
def test_a_parcel_that_no_name_can_tell_or_no_spool_can_hold_is_not_kept(directory, unfit):
    spool = Watched(directory, most_bytes=3 * BLOCK)
    assert not spool.put(unfit)
    assert not directory.exists()
    assert spool.faults == ["spool: parcel that can't be kept"]


def test_parcels_expire_also_those_that_the_backend_does_not_want_now(directory):
    spool = Watched(directory, longest_kept=60.0)
    spool.put(parcel("stale", quantity=7, age=61))
    spool.put(parcel("fresh", age=30))
    assert spool.take(unless={"span"}) is None
    assert spool.losses == [("span", 7, End.EXPIRED)]
    assert texts(spool.drain()) == ["fresh"]


def test_parcels_from_before_the_clock_was_set_back_are_delivered(directory):
    spool = Watched(directory, longest_kept=60.0)
    spool.put(parcel("from tomorrow", age=-86_400))
    spool.put(parcel("from today"))
    assert texts(spool.drain()) == ["from today", "from tomorrow"]
    assert spool.losses == []


# --- what must not be replayed ---


def only_file(directory):
    (path,) = directory.iterdir()
    return path


def refused(directory, content: bytes) -> None:
    """A file with this content is deleted, and counted once."""
    path = only_file(directory)
    path.write_bytes(content)
    spool = Watched(directory)
    assert spool.take() is None
    assert spool.take() is None
    assert spool.faults == ["spool: corrupt file"]
    assert spool.losses == [("error", 4, End.WITHHELD)]
    assert files(directory) == []


def test_a_file_cut_off_anywhere_is_not_replayed(directory):
    Watched(directory).put(parcel("a body", signal="error", quantity=4))
    whole = only_file(directory).read_bytes()
    name = only_file(directory)
    for length in range(len(whole)):
        name.touch()
        name.chmod(0o600)
        refused(directory, whole[:length])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True))  # a share: the length of a file differs with its time
def test_a_file_with_a_flipped_bit_anywhere_is_not_replayed(directory, place):
    shutil.rmtree(directory, ignore_errors=True)
    Watched(directory).put(parcel("a body", signal="error", quantity=4))
    content = bytearray(only_file(directory).read_bytes())
    bit = int(place * 8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    refused(directory, bytes(content))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300).filter(lambda content: content != DONE))
def test_any_other_bytes_are_not_replayed(directory, content):
    shutil.rmtree(directory, ignore_errors=True)
    Watched(directory).put(parcel("a body", signal="error", quantity=4))
    refused(directory, content)


def test_bytes_that_were_appended_or_overwritten_are_not_replayed(directory):
    for change in (
        lambda whole: whole + b"x",
        lambda whole: b"\0" * len(whole),
        lambda whole: whole * 20_000,
    ):
        Watched(directory).put(parcel("a body", signal="error", quantity=4))
        refused(directory, change(only_file(directory).read_bytes()))


@pytest.mark.parametrize(
    "header",
    [
        "error 4 18 {created}",
        "error 5 18 {created!r}",
        "span 4 18 {created!r}",
        "error 4 18 1.0",
        "error 4 18 nan",
        "error 4 18 inf",
        "error 4 99999999999 {created!r}",
        "error 4 -1 {created!r}",
        "error 4 18",
        "errör 4 18 {created!r}",
    ],
)
def test_a_header_that_claims_something_else_is_refused_although_its_checksum_is_right(directory, header):
    spool = Watched(directory)
    spool.put(parcel("a body", signal="error", quantity=4))
    path = only_file(directory)
    rest = f"{header.format(created=NOW)}\na body".encode()
    if "{created}" in header:
        rest += b" of another length"
    content = b"parcel1 " + hashlib.sha256(rest).hexdigest().encode() + b" " + rest
    named = path.with_name(path.name.replace(f"-{path.stat().st_size}.", f"-{len(content)}."))
    if "{created}" not in header:
        path.rename(named)
    refused(directory, content)


def test_a_file_under_another_name_is_not_replayed(directory):
    Watched(directory).put(parcel("a body", signal="span", quantity=4))
    path = only_file(directory)
    path.rename(path.with_name(path.name.replace("-span-", "-error-")))
    refused(directory, only_file(directory).read_bytes())


def test_a_file_whose_name_tells_another_length_is_not_replayed(directory):
    Watched(directory).put(parcel("a body", signal="error", quantity=4))
    path = only_file(directory)
    length = path.stat().st_size
    path.rename(path.with_name(path.name.replace(f"-{length}.", f"-{length + 1}.")))
    refused(directory, only_file(directory).read_bytes())


def test_a_file_that_has_become_huge_is_not_read(directory):
    spool = Watched(directory)
    spool.put(parcel("a body"))
    os.truncate(only_file(directory), 2**42)  # sparse; reading it would ask for as much memory
    assert spool.take() is None
    assert spool.faults == ["spool: corrupt file"]


def test_what_is_behind_a_corrupt_file_is_delivered(directory):
    spool = Watched(directory)
    spool.put(parcel("torn", age=2))
    only_file(directory).write_bytes(b"")
    spool.put(parcel("whole", age=1))
    assert texts(spool.drain()) == ["whole"]


# --- intruders and careless hands ---


def test_a_directory_that_is_a_symbolic_link_is_not_used(directory, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    directory.parent.mkdir()
    directory.symlink_to(tmp_path / "elsewhere")
    spool = Watched(directory)
    assert not spool.put(parcel())
    assert spool.take() is None
    assert files(tmp_path / "elsewhere") == []
    assert spool.faults[0].startswith("spool: put: ")


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
def test_a_directory_that_others_may_write_to_is_not_used(directory, mode, caplog):
    spool = Watched(directory)
    spool.put(parcel())
    directory.chmod(mode)
    assert not spool.put(parcel())
    assert not spool.put(parcel())
    assert spool.take() is None
    assert spool.take() is None
    assert Counter(spool.faults) == {
        "spool: put: directory that others may write to": 2,
        "spool: take: directory that others may write to": 1,
    }
    assert len(caplog.records) == 1
    assert str(directory) not in caplog.text


@as_root
def test_a_directory_of_another_user_is_not_used(directory):
    spool = Watched(directory)
    spool.put(parcel())
    os.chown(directory, 65534, 65534)
    assert not spool.put(parcel())
    assert spool.take() is None
    assert spool.faults == [
        "spool: put: directory of another user",
        "spool: take: directory of another user",
    ]


def _plant_link(path):
    path.with_name("elsewhere").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))


def _plant_pipe(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def _plant_directory(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "plant",
    [
        _plant_link,
        _plant_pipe,
        _plant_directory,
        lambda path: path.chmod(0o666),
        pytest.param(lambda path: os.chown(path, 65534, 65534), marks=as_root),
    ],
    ids=["link", "pipe", "directory", "writable by others", "of another user"],
)
def test_a_file_that_may_have_been_planted_is_passed_over_and_left(directory, plant):
    spool = Watched(directory)
    spool.put(parcel("planted", age=2))
    plant(only_file(directory))
    before = files(directory)
    spool.put(parcel("ours", age=1))
    assert texts(spool.drain()) == ["ours"]
    assert files(directory) == before
    assert len(spool.faults) == 1
    assert spool.losses == []


def test_files_of_others_are_left_alone(directory):
    spool = Watched(directory)
    spool.put(parcel())
    for name in ("README", ".keep", "1.parcel", "0000000000000001-00-span-1-9.parcel"):
        (directory / name).write_text("not ours")
    assert texts(spool.drain()) == ["a span"]
    assert len(files(directory)) == 4
    assert set(spool.faults) == {"spool: foreign file"}


def test_a_file_where_the_directory_should_be_is_left_alone(directory):
    directory.parent.mkdir()
    directory.write_text("not ours")
    spool = Watched(directory)
    assert not spool.put(parcel())
    assert spool.take() is None
    assert directory.read_text() == "not ours"


def test_a_directory_that_was_deleted_is_made_anew(directory):
    spool = Watched(directory)
    spool.put(parcel("lost"))
    shutil.rmtree(directory)
    assert spool.waiting() == (0, 0)
    assert spool.take() is None
    assert spool.put(parcel("kept"))
    assert texts(spool.drain()) == ["kept"]


def test_a_parcel_whose_file_can_not_be_deleted_does_not_come_back(directory):
    spool = Watched(directory)
    spool.put(parcel())
    claim = spool.take()
    directory.chmod(0o777)
    claim.done()
    directory.chmod(0o700)
    assert len(files(directory)) == 1
    assert spool.take() is None
    next_run = Watched(directory)
    assert next_run.take() is None
    assert (next_run.losses, next_run.faults) == ([], [])
    assert files(directory) == []


def test_temporary_files_of_killed_writers_are_deleted_when_they_are_old(directory):
    spool = Watched(directory)
    spool.put(parcel())
    for name, age in (("0" * 12, TEMPORARY_KEPT + 60), ("1" * 12, 0), ("2" * 12, -TEMPORARY_KEPT - 60)):
        path = directory / f".{name}.tmp"
        path.write_text("half a par")
        os.utime(path, (time.time() - age,) * 2)
    assert texts(Watched(directory).drain()) == ["a span"]
    assert files(directory) == [".111111111111.tmp"]


# --- a system that refuses ---


@pytest.fixture
def small_disk(tmp_path):
    mounted = tmp_path / "disk"
    mounted.mkdir()
    arguments = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(arguments, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def test_a_full_disk_refuses_and_what_is_there_is_delivered(small_disk):
    spool = Watched(small_disk / "spool")
    kept = sum(spool.put(parcel(f"{number:05}" * 2000, age=-number)) for number in range(10))
    assert 0 < kept < 10
    assert set(spool.faults) == {"spool: put: ENOSPC"}
    assert not [name for name in files(small_disk / "spool") if name.endswith(".tmp")]
    assert len(spool.drain()) == kept
    assert spool.put(parcel("room again"))
    assert spool.losses == []


def test_a_read_only_disk_gives_nothing_that_could_not_be_deleted(small_disk):
    spool = Watched(small_disk / "spool")
    spool.put(parcel())
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert not spool.put(parcel())
    assert spool.take() is None
    assert not Watched(small_disk / "new" / "spool").put(parcel())
    assert spool.faults == ["spool: put: EROFS", "spool: take: EROFS"]
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert texts(spool.drain()) == ["a span"]


def test_a_limit_on_file_sizes_refuses_and_leaves_nothing_behind(directory):
    script = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        print(spool.put(Parcel("span", 1, b"x" * 5000, 1)), spool.put(Parcel("span", 1, b"x" * 500, 1)), faults)
    """
    output, _ = run(script, directory).communicate(timeout=30)
    assert output.strip() == "False True ['spool: put: EFBIG']"
    assert len(files(directory)) == 1


def test_a_process_out_of_descriptors_waits_and_loses_nothing(directory):
    script = """
        import resource
        assert spool.put(Parcel("span", 1, b"first", 1))
        for most in (*range(3, 10), 100):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, 100))
            put = spool.put(Parcel("span", 1, b"more", 1))
            claim = spool.take()
            print(int(put), int(claim is not None), end=" ")
            if claim is not None:
                assert claim.parcel.packed == b"first"
                claim.release()
        print(sorted(set(faults)), losses)
    """
    output, _ = run(script, directory).communicate(timeout=30)
    assert output.startswith("0 0 ")
    assert output.endswith("1 1 ['spool: put: EMFILE', 'spool: take: EMFILE'] []\n")


@as_root
def test_a_user_without_rights_gets_no_error(directory):
    directory.mkdir(parents=True, mode=0o700)
    script = """
        os.setuid(65534)
        print(spool.put(Parcel("span", 1, b"x", 1)), spool.take(), spool.waiting(), faults)
    """
    output, _ = run(script, directory).communicate(timeout=30)
    assert (
        output.strip()
        == "False None (0, 0) ['spool: put: EACCES', 'spool: take: EACCES', 'spool: look: EACCES']"
    )


def test_without_file_locks_the_spool_is_off_and_says_so_once(directory):
    script = """
        import sys
        sys.modules["fcntl"] = None
    """
    program = textwrap.dedent(script) + textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from telemetry.delivery.parcel import Parcel
        from telemetry.delivery.spool import Spool
        faults = []
        spool = Spool(Path(sys.argv[1]), on_loss=print, on_fault=faults.append)
        print([spool.put(Parcel("span", 1, b"x", 1)) for _ in range(3)], spool.take(), spool.waiting(), faults)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(directory)], capture_output=True, text=True, check=True
    )
    trouble = "off: this system has no file locks"
    assert done.stdout.strip() == f"[False, False, False] None (0, 0) ['spool: {trouble}']"
    assert done.stderr.strip() == f"telemetry: disk spool: {trouble}"
    assert not directory.exists()


# --- several processes, and kills ---


def test_four_processes_deliver_each_of_500_parcels_exactly_once(directory):
    spool = Watched(directory)
    for number in range(500):
        spool.put(parcel(str(number), signal=("span", "error")[number % 2], age=number))
    script = """
        taken, turn = [], 0
        while (claim := spool.take()) is not None:
            turn += 1
            if turn % 7 == 0:
                claim.release()
            else:
                taken.append(claim.parcel.packed.decode())
                claim.done()
            time.sleep(0.0005)
        print(*taken, *losses, *faults)
    """
    workers = [run(script, directory) for _ in range(4)]
    delivered = [number for worker in workers for number in worker.communicate(timeout=60)[0].split()]
    assert sorted(map(int, delivered)) == list(range(500))
    assert files(directory) == []


def test_a_claim_of_a_killed_process_is_free_again(directory):
    spool = Watched(directory)
    spool.put(parcel())
    script = """
        claim = spool.take()
        print("claimed", flush=True)
        time.sleep(60)
    """
    worker = run(script, directory)
    assert worker.stdout.readline() == "claimed\n"
    assert spool.take() is None
    worker.kill()
    worker.communicate()
    assert texts(spool.drain()) == ["a span"]


def test_kills_in_the_middle_of_puts_and_takes_lose_nothing_that_was_kept(directory):
    script = """
        number = 0
        while True:
            name = f"{os.getpid()}.{number} "
            if spool.put(Parcel("span", 1, name.encode() * 20_000, 1)):
                os.write(1, f"kept {name}\\n".encode())
            if number % 2 and (claim := spool.take()):  # the other one may hold all there is
                name = claim.parcel.packed.split()[0].decode()
                os.write(1, f"took {name}\\n".encode())
                claim.done()
            number += 1
    """
    kept, took = set(), set()
    for turn in range(6):
        workers = [run(script, directory) for _ in range(2)]
        for worker in workers:
            worker.stdout.readline()
        time.sleep(0.01 * turn + 0.03)
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
        for worker in workers:
            for line in worker.communicate()[0].splitlines():
                what, name = line.split()
                (kept if what == "kept" else took).add(name)
    spool = Watched(directory)
    left = {text.split()[0] for text in texts(spool.drain())}
    assert len(kept) > 20
    assert kept <= took | left
    assert (spool.losses, spool.faults) == ([], [])
    assert all(name.endswith(".tmp") for name in files(directory))


def test_a_forked_child_forgets_its_parents_claims_and_frees_none(directory):
    script = """
        assert spool.put(Parcel("span", 1, b"x", 1, time.time()))
        claim = spool.take()
        thread = threading.Thread(target=spool._listing._lock.acquire)  # it may be held at the moment of the fork
        thread.start()
        thread.join()
        child = os.fork()
        if child == 0:
            spool.forget_handles()
            claim.done()
            claim.release()
            os.write(1, f"child {spool.take()} {spool.waiting()[0]}{os.linesep}".encode())  # two write at once
            time.sleep(60)
        os.write(1, f"parent {child}{os.linesep}".encode())
        time.sleep(60)
    """
    parent = run(script, directory)
    lines = sorted(parent.stdout.readline().split() for _ in range(2))
    assert lines[0] == ["child", "None", "1"]
    other = Watched(directory)
    try:
        assert other.take() is None
        parent.kill()
        parent.wait()
        assert texts(other.drain()) == ["x"]
    finally:
        os.kill(int(lines[1][1]), signal.SIGKILL)
        parent.stdout.close()


def test_what_was_released_is_free_although_a_forked_child_has_the_file_open(directory):
    script = """
        assert spool.put(Parcel("span", 1, b"x", 1, time.time()))
        claim = spool.take()
        if os.fork() == 0:
            time.sleep(0.3)
            os._exit(0)
        claim.release()
        print(new_spool().take().parcel.packed, flush=True)
    """
    with run(script, directory) as parent:
        assert parent.stdout.readline() == "b'x'\n"


def test_what_was_put_is_free_although_a_forked_child_has_the_file_open(directory):
    script = """
        from telemetry.delivery import spool_lock as module
        real = module.flock
        def fork_while_it_is_locked(file, operation):
            real(file, operation)
            module.flock = real
            if os.fork() == 0:
                time.sleep(0.3)
                os._exit(0)
        module.flock = fork_while_it_is_locked
        assert spool.put(Parcel("span", 1, b"x", 1))
        print(spool.take().parcel.packed, flush=True)
    """
    with run(script, directory) as parent:
        assert parent.stdout.readline() == "b'x'\n"
