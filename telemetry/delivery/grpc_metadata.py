"""Headers as gRPC's metadata."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_HTTP_ONLY: Final = frozenset({"content-encoding", "host"})
_NAME: Final = re.compile(r"[a-z0-9_.-]+")
_VALUE: Final = re.compile(r"[ -~]*")


def to_metadata(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str | bytes], ...]:
    """Names and values as gRPC takes them, without what means something to HTTP only.

    Raises:
        ValueError: a header that gRPC can't send; it is named by its number.

    """
    found: list[tuple[str, str | bytes]] = []
    for number, (name, value) in enumerate(headers, 1):
        key = name.strip().lower()
        if not _NAME.fullmatch(key) or not _VALUE.fullmatch(value):
            raise ValueError(
                f"header {number} can't be sent by gRPC: a name is letters, digits, '-', '_' and '.', "
                "a value is printable ASCII"
            )
        if key not in _HTTP_ONLY:  # what else gRPC sets by itself it leaves out by itself
            found.append((key, value.encode("ascii") if key.endswith("-bin") else value))
    return tuple(found)
