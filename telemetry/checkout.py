"""Which commit a git checkout is at, read from its files: git itself is never started."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_VERSION_TAG: Final = re.compile(r"v?(\d+(?:\.\d+){1,3}(?:[.+-]?[A-Za-z0-9][A-Za-z0-9.]{0,30})?)")
_LARGEST: Final = 4 << 20
"""Bytes of a file that are read: no file that matters here is larger."""
_MOST_TAGS: Final = 1000
_DEEPEST: Final = 5
"""Nested references and symbolic ones; git makes one or two."""
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True)
class Commit:
    """Where a checkout is: the commit's id, and the version that a tag on it names, without its ``v``."""

    id: str
    version: str | None = None


def commit_of(directory: Path) -> Commit | None:
    """The commit that a directory's checkout is at; None when it is in none, or was installed into one."""
    with suppress(OSError, ValueError, RuntimeError):  # the last for symbolic links in a circle
        if _INSTALLED.isdisjoint(directory.parts) and (git := _git_directory(directory)) is not None:
            common = _common(git)
            packed = _packed(common)
            commit = _resolve("HEAD", (git, common), packed)
            return None if commit is None else Commit(commit, _version_of(commit, common, packed))
    return None


def _git_directory(directory: Path) -> Path | None:
    """The nearest ``.git``; in a worktree or submodule it is a file that names the directory."""
    for place in (directory, *directory.parents):
        git = place / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            kind, _, path = _text(git).partition(":")
            return (place / path.strip()).resolve() if kind == "gitdir" else None
    return None


def _common(git: Path) -> Path:
    """Where references are: a worktree shares those of its main checkout."""
    named = git / "commondir"
    return (git / _text(named)).resolve() if named.is_file() else git


def _packed(common: Path) -> dict[str, str]:
    """References that git has put into one file; of an annotated tag the commit that it is on."""
    found: dict[str, str] = {}
    last = ""
    path = common / "packed-refs"
    for line in _text(path).splitlines() if path.is_file() else ():
        if line.startswith("^"):
            found[last] = line[1:].strip()
        elif not line.startswith("#"):
            value, _, last = line.partition(" ")
            found[last] = value
    return found


def _resolve(name: str, places: tuple[Path, Path], packed: dict[str, str]) -> str | None:
    for _ in range(_DEEPEST):
        path = next((place / name for place in places if (place / name).is_file()), None)
        said = packed.get(name, "") if path is None else _text(path)
        if _COMMIT.fullmatch(said):
            return said
        if not said.startswith("ref: refs/") or ".." in said:
            return None
        name = said.removeprefix("ref: ")
    return None


def _version_of(commit: str, common: Path, packed: dict[str, str]) -> str | None:
    """The version in the name of a tag on the commit; of several the last by name."""
    tags = {
        name.removeprefix("refs/tags/"): on for name, on in packed.items() if name.startswith("refs/tags/")
    }
    folder = common / "refs" / "tags"
    for path in sorted(folder.iterdir())[:_MOST_TAGS] if folder.is_dir() else ():
        if path.is_file():
            tags[path.name] = _tagged(_text(path), common)
    versions = [
        named[1]
        for tag, on in sorted(tags.items())
        if on == commit and (named := _VERSION_TAG.fullmatch(tag))
    ]
    return versions[-1] if versions else None


def _tagged(said: str, common: Path) -> str:
    """The commit that a tag is on: itself, or what the loose object of an annotated tag names."""
    if _COMMIT.fullmatch(said) is None:
        return ""
    loose = common / "objects" / said[:2] / said[2:]
    if not loose.is_file():
        return said
    with suppress(zlib.error):
        content = zlib.decompressobj().decompress(loose.read_bytes()[:_LARGEST], 512)
        found = re.match(rb"tag \d+\0object ([0-9a-f]+)\n", content)
        return said if found is None else found[1].decode()
    return ""


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LARGEST).decode("utf-8", "replace").strip()
