"""A parcel that somebody has claimed: what may become of it, and of its file.

A parcel belongs to whoever holds the lock on its file: when that process is killed, it is free again at once.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from telemetry.delivery.spool_file import DONE
from telemetry.delivery.spool_folder import open_folder
from telemetry.delivery.spool_lock import let_go, open_locked
from telemetry.delivery.spool_trouble import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from io import FileIO
    from pathlib import Path

    from telemetry.delivery.parcel import Parcel
    from telemetry.delivery.spool_file import Label
    from telemetry.delivery.spool_listing import Listing

_EVERYWHERE: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
)
"""Errors that the next file would meet as well, so they are no reason to pass over this one."""


class Claim:
    """A parcel that nobody else has until it is done or released, or the claim is garbage."""

    def __init__(self, parcel: Parcel, label: Label, file: FileIO, path: Path, listing: Listing) -> None:
        self.parcel = parcel
        self._label, self._file = label, file
        self._path, self._listing = path, listing

    def done(self) -> None:
        """Delete the parcel: it has ended, in whatever way. Never raises an OSError."""
        if self._file.closed:
            return
        try:
            with open_folder(self._path) as directory:
                os.unlink(self._label.name, dir_fd=directory)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._listing.set_aside(self._label.name, f"delete: {reason(error)}")
            with suppress(OSError):  # what has ended must not come back
                os.pwrite(self._file.fileno(), DONE, 0)
                os.ftruncate(self._file.fileno(), len(DONE))
        let_go(self._file)
        self._listing.forget(self._label.name)

    def release(self) -> None:
        """Leave the parcel there for later, for whoever comes first."""
        if not self._file.closed:
            let_go(self._file)
            self._listing.offer([self._label])

    def forget(self) -> None:
        """Close the copy of the file that a fork made; the lock stays with the parent."""
        self._file.close()


def lock_each(
    directory: int, listing: Listing, choose: Callable[[], Label | None]
) -> Generator[tuple[Label, FileIO], None, None]:
    """Each chosen label of a listing with its file, open and locked, which whoever gets it closes.

    Those that somebody else holds are offered again when the generator is closed.

    Raises:
        OSError: no file can be used now.

    """
    others: list[Label] = []
    try:
        while (label := choose()) is not None:
            try:
                file = open_locked(directory, label.name)
            except FileNotFoundError:
                listing.forget(label.name)
            except BlockingIOError:
                others.append(label)
            except OSError as error:
                if error.errno in _EVERYWHERE:
                    others.append(label)
                    raise
                listing.set_aside(label.name, reason(error))
            else:
                yield label, file
    finally:
        listing.offer(others)
