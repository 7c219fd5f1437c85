"""Which release runs: what was said, or else the build stamp, the commit of a checkout, the package's version.

Releases are one namespace for a whole organisation in Sentry, so the application's name is part of one:
``continuum@0.3.0``.
"""

from __future__ import annotations

import re
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from telemetry.checkout import commit_of
from telemetry.configuration import labels

STAMP: Final = "_build.txt"
"""In the application's package: one line, the version that was built. Whoever builds it writes it."""
_SHORT: Final = 12
"""Characters of a commit's id that tell it from all others of a project."""


def qualified(said: str, application: str | None) -> str:
    """A release with the application's name before it where it is a bare version: of ``v0.3.0``, ``name@0.3.0``."""
    if "@" in said or application is None:
        return said
    return _release(f"{application}@{re.sub(r'^v(?=[0-9])', '', said)}") or said


def found(application: str, version: str) -> str | None:
    """The release of an application that nobody named, ``NAME@VERSION``; None where that can be no release.

    Args:
        application: its name. When it is that of an importable package, that is where the stamp is looked for,
            and the checkout that it runs from.
        version: what the package says of itself.

    """
    folder = _folder(application)
    built = None if folder is None else _stamped(folder) or _committed(folder, version)
    return qualified(built or version, application) if _release(built or version) else None


def _release(said: str) -> str | None:
    with suppress(ValueError):
        return labels.release(said)
    return None


def _folder(application: str) -> Path | None:
    """Where the package of that name is; it isn't imported for that."""
    if not application.isidentifier():
        return None
    with suppress(Exception):  # finders are anybody's code
        spec = find_spec(application)
        if spec is not None and spec.origin is not None and spec.submodule_search_locations:
            return Path(spec.origin).resolve().parent
    return None


def _stamped(folder: Path) -> str | None:
    with suppress(OSError, ValueError), (folder / STAMP).open("rb") as stamp:
        return _release(stamp.read(1000).decode("ascii").strip())
    return None


def _committed(folder: Path, version: str) -> str | None:
    """The version of a tag on the commit, or ``VERSION+COMMIT``."""
    commit = commit_of(folder)
    if commit is None:
        return None
    return commit.version or f"{version}{'.' if '+' in version else '+'}{commit.id[:_SHORT]}"
