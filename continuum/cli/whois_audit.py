"""The audit log of ``continuum telemetry whois``: who asked for which pseudonym, and whether it was found."""

from __future__ import annotations

import json
import os
import stat
import sys
from datetime import UTC, datetime


class AuditUnavailableError(Exception):
    """The audit line can't be written."""


def note(pseudonym: str, *, found: bool) -> None:
    """Add a line with time, user, pseudonym and outcome; never the tenant's name.

    Raises:
        AuditUnavailableError: the log can't be written, or isn't a file of this user's own.

    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": _user(),
        "hash": pseudonym,
        "found": found,
    }
    try:
        _append(json.dumps(line) + "\n")
    except OSError as error:
        raise AuditUnavailableError(f"the audit log can't be written ({type(error).__name__})") from error


def _append(line: str) -> None:
    import platformdirs

    folder = platformdirs.user_data_path("continuum") / "telemetry"
    for place in (folder.parent, folder):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whoever put a link, a pipe or a device there doesn't get to swallow the line.
    flags = (
        os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    descriptor = os.open(folder / "whois-audit.log", flags, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        raw = line.encode()
        if file.write(raw) != len(raw):
            raise OSError("not written whole")
        os.fsync(descriptor)


def _user() -> str:
    """The user by the process's own id: variables such as USER say what anybody likes."""
    if sys.platform == "win32":
        import getpass

        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
