"""Examines the keys of pseudonyms: whether all processes of the service have the same."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telemetry import keyring
from telemetry.configuration.derived import DEVELOPING
from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject

_SET: Final = (
    f"Set {keyring.CURRENT} (or {keyring.CURRENT}_FILE) to the same secret of 32 characters or more for "
    "all processes."
)
_WORKERS: Final = ("WEB_CONCURRENCY", "UVICORN_WORKERS")
_GUNICORN: Final = re.compile(r"(?:^|\s)(?:-w|--workers)[\s=]*([0-9]{1,4})\b")
_ORCHESTRATED: Final = ("KUBERNETES_SERVICE_HOST", "ECS_CONTAINER_METADATA_URI_V4", "NOMAD_ALLOC_ID")
_STAND_IN: Final = "x" * 64  # so that asking for the previous key generates none


def examine(subject: Subject) -> Iterator[Finding]:
    """The current key, and the previous one while a rotation overlaps."""
    settings = subject.settings
    if settings.hash_key is not None:
        source = settings.sources["hash_key"]
        yield ok("hash-key", f"Pseudonyms are made with the key of {source}.")
        named = subject.environ.get(source, "")
        if source.endswith("_FILE") and (finding := _readable_by_others(Path(named.strip()))):
            yield finding
    elif subject.pipeline is not None:
        yield _generated(subject)
    before = {name: subject.environ.get(name, "") for name in (keyring.PREVIOUS, f"{keyring.PREVIOUS}_FILE")}
    for wrong in keyring.Keyring.from_environ({keyring.CURRENT: _STAND_IN, **before}).problems:
        yield problem("hash-key.previous", f"{wrong}.", "Put it right, or remove it after the rotation.")


def _generated(subject: Subject) -> Finding:
    path = keyring.folder() / "pseudonym.key"
    several = _several(subject.environ)
    if not path.is_file():  # the start has tried to make one
        return problem(
            "hash-key", "No key is set and none can be kept: pseudonyms change with every start.", _SET
        )
    if several:
        return problem(
            "hash-key", f"The key was generated on this machine, but there are more ({several}).", _SET
        )
    if subject.settings.environment not in DEVELOPING:
        return problem(
            "hash-key",
            f"The key was generated on this machine, in {subject.settings.environment}: another machine, or a "
            "container without that disk, makes other pseudonyms.",
            _SET,
        )
    return _readable_by_others(path) or note(
        "hash-key", "The key was generated, and is kept in the data directory of this user.", _SET
    )


def _several(environ: Mapping[str, str]) -> str:
    """What says that there is more than one process or machine, in words; empty when nothing does."""
    for variable in _WORKERS:
        if environ.get(variable, "").strip().isdecimal() and int(environ[variable]) > 1:
            return f"{variable} asks for several workers"
    asked = _GUNICORN.search(environ.get("GUNICORN_CMD_ARGS", ""))
    if asked and int(asked[1]) > 1:
        return "GUNICORN_CMD_ARGS asks for several workers"
    for variable in _ORCHESTRATED:
        if environ.get(variable):
            return f"{variable} is set, so containers come and go"
    return ""


def _readable_by_others(path: Path) -> Finding | None:
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        return problem(
            "hash-key.file", "Other users may write to the file of the pseudonyms' key.", "chmod 600 it."
        )
    if mode & stat.S_IROTH:
        return note(
            "hash-key.file",
            "Other users may read the file of the pseudonyms' key, and with it tell whose a pseudonym is.",
            "chmod 600 it, unless nobody else is on this machine.",
        )
    return None
