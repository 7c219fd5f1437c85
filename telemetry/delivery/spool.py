"""Parcels that can't be sent now, kept in a directory that several processes share; one file a parcel."""

from __future__ import annotations

import os
import time
from contextlib import closing
from typing import TYPE_CHECKING
from weakref import WeakSet

from telemetry.delivery.spool_claim import Claim, lock_each
from telemetry.delivery.spool_file import DONE, LARGEST, Label, pack, unpack
from telemetry.delivery.spool_folder import open_folder, written
from telemetry.delivery.spool_listing import Listing
from telemetry.delivery.spool_lock import HAS_LOCKS, let_go
from telemetry.delivery.spool_trouble import Troubles, reason
from telemetry.ledger import End

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from io import FileIO
    from pathlib import Path

    from telemetry.delivery.parcel import Parcel

__all__ = ["Claim", "Spool"]


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
        warned: set[str] | None = None,
    ) -> None:
        """Touch nothing yet.

        Args:
            directory: absolute; made with the first parcel (0700, as are parents that are missing).
            most_bytes: what all files together may occupy, in bytes of whole 4 KiB blocks.
            longest_kept: seconds after which a parcel expires.
            on_loss: told signal, quantity and end of what was in the spool and won't come out of it.
            on_fault: told in a few fixed words what went wrong; no path, no name.
            warned: what was logged already, where several spools share a disk.

        """
        self._path = directory
        self._most = most_bytes
        self.longest_kept = longest_kept
        """Seconds after which a parcel expires."""
        self._on_loss = on_loss
        self._troubles = Troubles(on_fault, warned)
        self._begin()

    def forget_handles(self) -> None:
        """Begin anew in the child of a fork; what was claimed stays claimed by the parent."""
        for claim in list(self._claims):
            claim.forget()
        self._begin()

    def _begin(self) -> None:
        self._claims: WeakSet[Claim] = WeakSet()
        self._listing = Listing(self._troubles)

    def put(self, parcel: Parcel) -> bool:
        """Keep a parcel; False when that can't be done. Older ones make room and expire."""
        if not HAS_LOCKS:
            self._troubles.report_once("off: this system has no file locks")
            return False
        content = pack(parcel)
        label = Label.of(parcel, len(content))
        if label is None or parcel.size > LARGEST or label.occupied > self._most:
            self._troubles.report("parcel that can't be kept")
            return False
        try:
            with open_folder(self._path, make=True) as directory:
                self._listing.look(directory)
                # Room is made only when there is certainly something to make it for.
                with written(directory, content) as name:
                    if not self._make_room(directory, label.occupied):
                        self._troubles.report("full")
                        return False
                    os.rename(name, label.name, src_dir_fd=directory, dst_dir_fd=directory)
                self._listing.offer([label])
                return True
        except OSError as error:
            self._troubles.report(f"put: {reason(error)}")
            return False

    def take(self, unless: Collection[str] = ()) -> Claim | None:
        """Claim the oldest parcel whose signal is not in ``unless``; None when there is none, or no way to it."""
        if not HAS_LOCKS:
            return None

        def oldest() -> Label | None:
            return self._listing.pop(unless, self._horizon())

        try:
            with open_folder(self._path) as directory:
                self._listing.look(directory)
                with closing(lock_each(directory, self._listing, oldest)) as found:
                    for label, file in found:
                        parcel = self._inspect(directory, label, file)
                        if parcel is not None:
                            claim = Claim(parcel, label, file, self._path, self._listing)
                            self._claims.add(claim)
                            return claim
        except FileNotFoundError:  # nothing was put there yet, or somebody has deleted it
            self._listing.clear()
        except OSError as error:
            self._troubles.report_once(f"take: {reason(error)}")
        return None

    def waiting(self) -> tuple[int, int]:
        """How many parcels are on disk, and the bytes that they occupy, as of about a second ago."""
        if HAS_LOCKS:
            try:
                with open_folder(self._path) as directory:
                    self._listing.look(directory)
            except FileNotFoundError:
                self._listing.clear()
            except OSError as error:
                self._troubles.report_once(f"look: {reason(error)}")
        return self._listing.totals()

    def _horizon(self) -> float:
        """What was created before has expired; microseconds since the epoch, as labels have them."""
        return (time.time() - self.longest_kept) * 1e6

    def _make_room(self, directory: int, needed: int) -> bool:
        """Let the oldest expire until there is room; False when that isn't enough."""
        most = self._most - needed

        def oldest() -> Label | None:
            # Asked anew each time: what others have taken meanwhile is found missing, and makes room as well.
            return self._listing.pop() if self._listing.occupied > most else None

        with closing(lock_each(directory, self._listing, oldest)) as found:
            for label, file in found:
                self._lose(directory, label, file, End.EXPIRED)
        return self._listing.occupied <= most

    def _inspect(self, directory: int, label: Label, file: FileIO) -> Parcel | None:
        """The parcel in a file; otherwise the file is deleted, and what was in it is counted."""
        if label.created < self._horizon():
            self._lose(directory, label, file, End.EXPIRED)
            return None
        try:
            size = os.fstat(file.fileno()).st_size
            content = file.readall() if size <= label.length else b""
        except OSError as error:
            let_go(file)
            self._listing.set_aside(label.name, f"read: {reason(error)}")
            return None
        parcel = unpack(label, content)
        if parcel is None and content == DONE:
            self._delete(directory, label, file)
        elif parcel is None:
            self._troubles.report("corrupt file")
            self._lose(directory, label, file, End.WITHHELD)
        return parcel

    def _lose(self, directory: int, label: Label, file: FileIO, end: End) -> None:
        if self._delete(directory, label, file):
            self._on_loss(label.signal, label.quantity, end)

    def _delete(self, directory: int, label: Label, file: FileIO) -> bool:
        try:
            os.unlink(label.name, dir_fd=directory)
        except OSError as error:
            self._listing.set_aside(label.name, f"delete: {reason(error)}")
            return False
        finally:
            let_go(file)
        self._listing.forget(label.name)
        return True
