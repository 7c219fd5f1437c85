"""How far somebody is, as it stands in an address: in this database's log, and with each instance's operations."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final

from continuum.federation.errors import CursorRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 200
LONGEST_KNOWN: Final = 4000
_MOST_KNOWN: Final = 60
_KNOWN = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9]{1,18})")


def write_cursor(instance_id: str, number: int) -> str:
    """The cursor of what comes after a number of the log."""
    return urlsafe_b64encode(f"{instance_id}:{number}".encode()).decode().rstrip("=")


def read_cursor(cursor: str, instance_id: str, last: int) -> int:
    """The number of the log after which to go on.

    0, the beginning, also for a cursor that another instance gave or that lies beyond the log: this is then a
    database put back from an older copy. What comes again is recognised.

    Raises:
        CursorRefused: it is no cursor.

    """
    if not cursor:
        return 0
    try:
        if len(cursor) > LONGEST:
            raise ValueError("too long")
        whose, _, number = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(":")
        after = int(number)
    except (ValueError, binascii.Error):
        raise CursorRefused("a cursor is that of the batch before") from None
    return after if whose == instance_id and 0 <= after <= last else 0


def write_known(known: Mapping[str, int]) -> str:
    """The last sequence of each instance; of very many those with the most, and the others come again."""
    most = sorted(known.items(), key=lambda pair: -pair[1])[:_MOST_KNOWN]
    return "~".join(f"{instance}.{sequence}" for instance, sequence in most)


def read_known(written: str) -> dict[str, int]:
    """The same, read.

    Raises:
        CursorRefused: it has another form.

    """
    parts = [_KNOWN.fullmatch(part) for part in written.split("~")] if written else []
    found = {part[1]: int(part[2]) for part in parts if part is not None}
    if len(found) != len(parts):
        raise CursorRefused("what is known is written as `continuum sync` writes it")
    return found
