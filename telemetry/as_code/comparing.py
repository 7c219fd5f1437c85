"""What Sentry holds against what it should hold: only what differs is told, place by place."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ABSENT: Final = "(absent)"
_SHORT: Final = 60


@dataclass(frozen=True)
class Difference:
    """One place where Sentry differs."""

    path: str
    found: Any
    wanted: Any

    def lines(self) -> Iterator[str]:
        """How it is shown: a line, or a diff of texts of several lines."""
        found, wanted = _shown(self.found), _shown(self.wanted)
        if "\n" not in found + wanted and len(found) + len(wanted) <= 2 * _SHORT:
            yield f"{self.path}: {found} → {wanted}"
            return
        yield f"{self.path}:"
        diff = difflib.unified_diff(found.splitlines(), wanted.splitlines(), lineterm="", n=0)
        yield from (f"  {line}" for line in diff if not line.startswith(("---", "+++", "@@")))


def differences(wanted: Any, found: Any, path: str = "", *, exact: bool = False) -> Iterator[Difference]:
    """Each place where ``found`` is not as ``wanted``.

    Sentry gives numbers back as floats, empty texts as null and ids as texts: these are no differences.

    Args:
        wanted: what the files say.
        found: what Sentry holds.
        path: where both are.
        exact: keys that only Sentry knows are differences too; otherwise they are left alone.

    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in (*wanted, *(key for key in found if exact and key not in wanted)):
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(wanted.get(key, ABSENT), found.get(key, ABSENT), inner, exact=exact)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (inner_wanted, inner_found) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(inner_wanted, inner_found, f"{path}[{index}]", exact=exact)
    elif not _equal(wanted, found):
        yield Difference(path, found, wanted)


def _equal(wanted: Any, found: Any) -> bool:
    if wanted in (None, "") and found in (None, "", ABSENT):
        return True
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    return bool(wanted == found)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else json.dumps(value, ensure_ascii=False, indent=2)
