"""Parcels that can't be sent now, kept in a directory that several processes share.

One file a parcel. A file appears by a rename, so it is whole though the process that wrote it be killed; nothing
is synced, so a power cut may tear it, which its checksum tells. A parcel belongs to whoever holds the lock on
its file (``flock``): when that process is killed, the parcel is free again at once.

Nothing here is decompressed, and nothing is believed that another user could have put there: bodies are posted
with our credentials.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import secrets
import stat
import threading
import time
from bisect import bisect_left
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakSet

from telemetry.delivery.parcel import Parcel
from telemetry.ledger import End

try:
    from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
except ImportError:  # Windows
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator
    from io import FileIO
    from pathlib import Path

logger = logging.getLogger(__name__)

LARGEST: Final = 16 * 2**20
"""Bytes of the largest file and of the largest body that are kept; backends take far less."""
BLOCK: Final = 4096
"""What a file occupies is counted in blocks of so many bytes, which bounds the number of files, too."""
LOOK_INTERVAL: Final = 1.0
"""Seconds between two listings of a directory that has parcels; a change in an empty one is seen at once."""
LOOK_ANYWAY: Final = 60.0
"""Seconds after which it is listed although nothing seems to have changed."""
COARSEST_MTIME: Final = 2 * 10**9
"""Nanoseconds: a directory that changed so recently may change again without a new modification time."""
TEMPORARY_KEPT: Final = 600.0
"""Seconds after which a temporary file is taken for that of a killed writer."""

_SUFFIX: Final = ".parcel"
_TEMPORARY: Final = re.compile(r"\.[0-9a-f]{12}\.tmp")
_NAME: Final = re.compile(
    r"(?P<created>[0-9]{16})-[0-9a-f]{12}-(?P<signal>[a-z][a-z0-9_]{0,31})"
    r"-(?P<quantity>[0-9]{1,9})-(?P<length>[0-9]{1,9})\.parcel"
)
_MAGIC: Final = b"parcel1"
_HEAD_LENGTH: Final = len(_MAGIC) + 1 + 64 + 1
_DONE: Final = b"what was here has ended\n"
"""What is left in the file of a parcel that has ended when the file itself can't be deleted."""
_EVERYWHERE: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
)
"""Errors that the next file would meet as well, so they are no reason to pass over this one."""


class Label(NamedTuple):
    """What a file's name tells. Labels sort by age."""

    name: str
    created: int
    """Microseconds since the epoch."""
    signal: str
    quantity: int
    length: int
    """Bytes of the whole file."""

    @classmethod
    def of(cls, parcel: Parcel, length: int) -> Label | None:
        """A new label for a parcel; None when no name can tell what is in it."""
        name = (
            f"{_microseconds(parcel.created):016d}-{secrets.token_hex(6)}"
            f"-{parcel.signal}-{parcel.quantity}-{length}{_SUFFIX}"
        )
        return cls.read(name)

    @classmethod
    def read(cls, name: str) -> Label | None:
        """The label that a name is; None when it isn't one of ours."""
        found = _NAME.fullmatch(name)
        if found is None or int(found["length"]) > LARGEST:
            return None
        return cls(name, int(found["created"]), found["signal"], int(found["quantity"]), int(found["length"]))

    @property
    def occupied(self) -> int:
        """Bytes on disk, in whole blocks."""
        return -(-self.length // BLOCK) * BLOCK


class Claim:
    """A parcel that nobody else has until it is done or released, or the claim is garbage."""

    def __init__(self, spool: Spool, label: Label, parcel: Parcel, file: FileIO) -> None:
        self.parcel = parcel
        self._spool, self._label, self._file = spool, label, file

    def done(self) -> None:
        """Delete the parcel: it has ended, in whatever way. Never raises an OSError."""
        if not self._file.closed:
            self._spool._finish(self._label, self._file)  # noqa: SLF001  # two halves of one thing

    def release(self) -> None:
        """Leave the parcel there for later, for whoever comes first."""
        if not self._file.closed:
            _unlock(self._file)
            self._spool._queue([self._label])  # noqa: SLF001  # two halves of one thing

    def forget(self) -> None:
        """Close the copy of the file that a fork made; the lock stays with the parent."""
        self._file.close()


class Spool:
    """A bounded directory of parcels for one destination. Safe from any thread and any number of processes.

    The bound counts what all processes put there, as far as the last listing tells: between two listings
    (about a second) each may add to it without the others' knowing.

    Age is told by the system's clock. A parcel from the future, as after a clock that was set back, does not
    expire before its time; it is taken in its turn.
    """

    def __init__(
        self,
        directory: Path,
        *,
        most_bytes: int = 64 * 2**20,
        longest_kept: float = 86_400.0,
        on_loss: Callable[[str, int, End], None],
        on_fault: Callable[[str], None],
    ) -> None:
        """Touch nothing yet.

        Args:
            directory: absolute; made with the first parcel (0700, as are parents that are missing).
            most_bytes: what all files together may occupy, in bytes of whole 4 KiB blocks.
            longest_kept: seconds after which a parcel expires.
            on_loss: told signal, quantity and end of what was in the spool and won't come out of it.
            on_fault: told in a few fixed words what went wrong; no path, no name.

        """
        self._path = directory
        self._most = most_bytes
        self.longest_kept = longest_kept
        """Seconds after which a parcel expires."""
        self._on_loss, self._on_fault = on_loss, on_fault
        self._warned: set[str] = set()
        self._begin()

    def forget_handles(self) -> None:
        """Begin anew in the child of a fork; what was claimed stays claimed by the parent."""
        for claim in list(self._claims):
            claim.forget()
        self._begin()

    def _begin(self) -> None:
        self._claims: WeakSet[Claim] = WeakSet()
        # Around what is remembered only, never around input and output; a signal handler may come in between.
        self._lock = threading.RLock()
        self._there: dict[str, Label] = {}  # what is on disk
        self._queues: dict[str, list[Label]] = {}  # what of that may be taken, by signal, oldest first
        self._occupied = 0
        self._aside: set[str] = set()  # names of files that are no good, and can't or mustn't be deleted
        self._seen: int | None = None
        self._look_at = float("-inf")

    # --- in and out ---

    def put(self, parcel: Parcel) -> bool:
        """Keep a parcel; False when that can't be done. Older ones make room and expire."""
        if not HAS_LOCKS:
            self._report_once("off: this system has no file locks")
            return False
        content = _content(parcel)
        label = Label.of(parcel, len(content))
        if label is None or parcel.size > LARGEST or label.occupied > self._most:
            self._report("parcel that can't be kept")
            return False
        try:
            with self._directory(make=True) as directory:
                self._look(directory)
                return self._write(directory, label, content)
        except OSError as error:
            self._report(f"put: {_reason(error)}")
            return False

    def take(self, unless: Collection[str] = ()) -> Claim | None:
        """Claim the oldest parcel whose signal is not in ``unless``; None when there is none, or no way to it."""
        if not HAS_LOCKS:
            return None
        try:
            with self._directory() as directory:
                self._look(directory)
                with closing(self._locked(directory, lambda: self._next(unless))) as found:
                    for label, file in found:
                        parcel = self._inspect(directory, label, file)
                        if parcel is not None:
                            claim = Claim(self, label, parcel, file)
                            self._claims.add(claim)
                            return claim
        except FileNotFoundError:  # nothing was put there yet, or somebody has deleted it
            self._remember({}, None)
        except OSError as error:
            self._report_once(f"take: {_reason(error)}")
        return None

    def waiting(self) -> tuple[int, int]:
        """How many parcels are on disk, and the bytes that they occupy, as of about a second ago."""
        if HAS_LOCKS:
            try:
                with self._directory() as directory:
                    self._look(directory)
            except FileNotFoundError:
                self._remember({}, None)
            except OSError as error:
                self._report_once(f"look: {_reason(error)}")
        with self._lock:
            return len(self._there), self._occupied

    # --- what is remembered ---

    def _look(self, directory: int) -> None:
        """List the directory when it has changed, and not too often."""
        changed = os.fstat(directory).st_mtime_ns
        start = time.monotonic()
        with self._lock:
            early = any(self._queues.values()) and start < self._look_at
            if early or (changed == self._seen and start < self._look_at + LOOK_ANYWAY):
                return
        settled = abs(time.time_ns() - changed) > COARSEST_MTIME
        there: dict[str, Label] = {}
        for name in sorted(os.listdir(directory)):
            if _TEMPORARY.fullmatch(name):
                _clean_up(directory, name)
            elif name.endswith(_SUFFIX) and name not in self._aside:
                label = self._there.get(name) or Label.read(name)
                if label is None:
                    self._set_aside(name, "foreign file")
                else:
                    there[name] = label
        self._remember(there, changed if settled else None)
        now = time.monotonic()
        self._look_at = now + max(LOOK_INTERVAL, 50 * (now - start))

    def _remember(self, there: dict[str, Label], seen: int | None) -> None:
        """Know these labels, which are sorted by age, and the modification time of the directory that has them."""
        queues: dict[str, list[Label]] = {}
        for label in there.values():
            queues.setdefault(label.signal, []).append(label)
        occupied = sum(label.occupied for label in there.values())
        with self._lock:
            self._there, self._queues, self._occupied, self._seen = there, queues, occupied, seen

    def _next(self, unless: Collection[str], *, all_expire: bool = False) -> Label | None:
        """Pick the oldest label that may be taken or has to go."""
        with self._lock:
            heads = [queue[0] for queue in self._queues.values() if queue]
            if not heads:
                return None
            label = min(heads)
            if not all_expire and not self._expired(label):
                allowed = [head for head in heads if head.signal not in unless]
                if not allowed:
                    return None
                label = min(allowed)
            del self._queues[label.signal][0]
            return label

    def _expired(self, label: Label) -> bool:
        return label.created < (time.time() - self.longest_kept) * 1e6

    def _queue(self, labels: Iterable[Label]) -> None:
        """Offer these for taking."""
        with self._lock:
            for label in labels:
                if label.name not in self._there:
                    self._there[label.name] = label
                    self._occupied += label.occupied
                queue = self._queues.setdefault(label.signal, [])
                at = bisect_left(queue, label)
                if queue[at : at + 1] != [label]:
                    queue.insert(at, label)

    def _forget(self, name: str) -> None:
        """It is no longer there, or no longer of interest."""
        with self._lock:
            label = self._there.pop(name, None)
            if label is not None:
                self._occupied -= label.occupied

    def _set_aside(self, name: str, trouble: str) -> None:
        self._forget(name)
        self._aside.add(name)
        self._report(trouble)

    # --- what is on disk ---

    @contextmanager
    def _directory(self, *, make: bool = False) -> Iterator[int]:
        """A descriptor of the directory, which is ours alone to write to; opened anew each time.

        Raises:
            OSError: it can't be used. Without an errno: it must not be used.

        """
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            directory = os.open(self._path, flags)
        except FileNotFoundError:
            if not make:
                raise
            for path in (*reversed(self._path.parents), self._path):
                if not path.is_dir():
                    path.mkdir(mode=0o700, exist_ok=True)
            directory = os.open(self._path, flags)
        try:
            _must_be_ours(os.fstat(directory), "directory")
            yield directory
        finally:
            os.close(directory)

    def _write(self, directory: int, label: Label, content: bytes) -> bool:
        temporary = f".{secrets.token_hex(6)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.fdopen(os.open(temporary, flags, 0o600, dir_fd=directory), "wb", buffering=0)
        try:
            with file:
                # Where nothing can be locked nothing could be taken either.
                flock(file, LOCK_EX | LOCK_NB)
                left = memoryview(content)
                while left:
                    left = left[file.write(left) :]
                flock(file, LOCK_UN)
            # Only now, when there is certainly something to make room for.
            if not self._make_room(directory, label.occupied):
                self._report("full")
                return False
            os.rename(temporary, label.name, src_dir_fd=directory, dst_dir_fd=directory)
        finally:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
        self._queue([label])
        return True

    def _make_room(self, directory: int, needed: int) -> bool:
        """Let the oldest expire until there is room; False when that isn't enough."""

        def oldest() -> Label | None:
            # Asked anew each time: what others have taken meanwhile is found missing, and makes room as well.
            return self._next((), all_expire=True) if self._occupied + needed > self._most else None

        with closing(self._locked(directory, oldest)) as found:
            for label, file in found:
                self._lose(directory, label, file, End.EXPIRED)
        return self._occupied + needed <= self._most

    def _locked(
        self, directory: int, choose: Callable[[], Label | None]
    ) -> Generator[tuple[Label, FileIO], None, None]:
        """Each chosen label with its file, open and locked, which whoever gets it closes.

        Those that somebody else holds are offered again when the generator is closed.
        """
        others: list[Label] = []
        try:
            while (label := choose()) is not None:
                try:
                    file = _open_locked(directory, label.name)
                except FileNotFoundError:
                    self._forget(label.name)
                except BlockingIOError:
                    others.append(label)
                except OSError as error:
                    if error.errno in _EVERYWHERE:
                        others.append(label)
                        raise
                    self._set_aside(label.name, _reason(error))
                else:
                    yield label, file
        finally:
            self._queue(others)

    def _inspect(self, directory: int, label: Label, file: FileIO) -> Parcel | None:
        """The parcel in a file; otherwise the file is deleted, and what was in it is counted."""
        if self._expired(label):
            self._lose(directory, label, file, End.EXPIRED)
            return None
        try:
            size = os.fstat(file.fileno()).st_size
            content = file.readall() if size <= label.length else b""
        except OSError as error:
            _unlock(file)
            self._set_aside(label.name, f"read: {_reason(error)}")
            return None
        parcel = _parcel(label, content)
        if parcel is None and content == _DONE:
            self._delete(directory, label, file)
        elif parcel is None:
            self._report("corrupt file")
            self._lose(directory, label, file, End.WITHHELD)
        return parcel

    def _lose(self, directory: int, label: Label, file: FileIO, end: End) -> None:
        if self._delete(directory, label, file):
            self._on_loss(label.signal, label.quantity, end)

    def _delete(self, directory: int, label: Label, file: FileIO) -> bool:
        try:
            os.unlink(label.name, dir_fd=directory)
        except OSError as error:
            self._set_aside(label.name, f"delete: {_reason(error)}")
            return False
        finally:
            _unlock(file)
        self._forget(label.name)
        return True

    def _finish(self, label: Label, file: FileIO) -> None:
        try:
            with self._directory() as directory:
                os.unlink(label.name, dir_fd=directory)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._set_aside(label.name, f"delete: {_reason(error)}")
            with suppress(OSError):  # what has ended must not come back
                os.pwrite(file.fileno(), _DONE, 0)
                os.ftruncate(file.fileno(), len(_DONE))
        _unlock(file)
        self._forget(label.name)

    # --- trouble ---

    def _report(self, trouble: str) -> None:
        """Count a fault each time; say what is wrong once."""
        self._on_fault(f"spool: {trouble}")
        if trouble not in self._warned:
            self._warned.add(trouble)
            logger.warning("telemetry: disk spool: %s", trouble)

    def _report_once(self, trouble: str) -> None:
        """For what is met again at every look."""
        if trouble not in self._warned:
            self._report(trouble)


def _content(parcel: Parcel) -> bytes:
    about = f"{parcel.signal} {parcel.quantity} {parcel.size} {parcel.created!r}\n"
    rest = about.encode() + parcel.packed
    return _head(rest) + rest


def _parcel(label: Label, content: bytes) -> Parcel | None:
    """What a file holds; None when it isn't to the last bit what was put there under this label."""
    head, rest = content[:_HEAD_LENGTH], content[_HEAD_LENGTH:]
    if len(content) != label.length or head != _head(rest):
        return None
    about, _, packed = rest.partition(b"\n")
    try:
        signal, quantity, size, created = about.decode("ascii").split(" ")
        parcel = Parcel(signal, int(quantity), packed, int(size), float(created))
        told = (parcel.signal, parcel.quantity, _microseconds(parcel.created))
    except (ValueError, OverflowError):
        return None
    fits = told == (label.signal, label.quantity, label.created) and 0 <= parcel.size <= LARGEST
    return parcel if fits else None


def _head(rest: bytes) -> bytes:
    return b"%b %b " % (_MAGIC, hashlib.sha256(rest).hexdigest().encode())


def _microseconds(seconds: float) -> int:
    return min(max(int(seconds * 1e6), 0), 10**16 - 1)


def _open_locked(directory: int, name: str) -> FileIO:
    """A file, locked for this claim alone.

    Raises:
        BlockingIOError: somebody else has it.
        FileNotFoundError: it is gone.
        OSError: it can't be used. Without an errno: it must not be used.

    """
    # For writing, too: what can't be changed couldn't be deleted, and would be delivered for ever.
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.fdopen(os.open(name, flags, dir_fd=directory), "r+b", buffering=0)
    try:
        opened = os.fstat(file.fileno())
        if not stat.S_ISREG(opened.st_mode):
            raise OSError("foreign file")
        _must_be_ours(opened, "file")
        flock(file, LOCK_EX | LOCK_NB)
        # Its last holder may have deleted it after we had opened it.
        if not os.path.samestat(opened, os.stat(name, dir_fd=directory, follow_symlinks=False)):
            raise FileNotFoundError(errno.ENOENT, "replaced")
    except BaseException:
        file.close()
        raise
    return file


def _unlock(file: FileIO) -> None:
    with suppress(OSError):
        # Closing isn't enough: a child that was forked meanwhile would keep the lock.
        flock(file, LOCK_UN)
    with suppress(OSError):
        file.close()


def _must_be_ours(status: os.stat_result, what: str) -> None:
    if status.st_uid != os.geteuid():
        raise OSError(f"{what} of another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError(f"{what} that others may write to")


def _clean_up(directory: int, name: str) -> None:
    """Delete the temporary file of a writer that was killed; if it lives after all, its put fails."""
    with suppress(OSError):
        changed = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime
        if abs(time.time() - changed) > TEMPORARY_KEPT:
            os.unlink(name, dir_fd=directory)


def _reason(error: OSError) -> str:
    return errno.errorcode.get(error.errno, "OSError") if error.errno else str(error)
