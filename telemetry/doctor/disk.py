"""Examines the disk spool: whether it can be used, and what waits there. Nothing is delivered or made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from telemetry import keyring
from telemetry.doctor.finding import note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject

_ALMOST: Final = 0.9
"""The share of its bound from which a spool counts as full: the oldest is soon lost."""
_ELSEWHERE: Final = "set CONTINUUM_TELEMETRY_SPOOL_DIR to one that is this user's alone."


def examine(subject: Subject) -> Iterator[Finding]:
    """Directory, permissions, and how much waits for each destination and for former ones."""
    spooling = subject.settings.spooling
    if not subject.settings.wanted or subject.pipeline is None:
        return
    if spooling.enabled is False:
        yield note(
            "spool",
            "What can't be sent waits in memory only: the spool is off.",
            "Nothing, if that is meant.",
        )
        return
    folder = spooling.directory or keyring.folder() / "spool"
    wrong = _unusable(folder)
    if wrong:
        yield problem("spool", f"Nothing can wait on disk: {wrong}.", f"Put it right, or {_ELSEWHERE}")
        return
    yield from _waiting(subject, folder)


def _unusable(folder: Path) -> str:
    """Why nothing can be kept there, in words; empty when it can."""
    from telemetry.delivery.spool_lock import HAS_LOCKS, check_owner

    if not HAS_LOCKS:
        return "this system has no file locks"
    there = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    if not there.is_dir():
        return "its directory, or one above it, is a file"
    if not os.access(there, os.W_OK | os.X_OK):
        return "its directory can't be written to" if there == folder else "its directory can't be made"
    try:
        inside = [each for each in there.iterdir() if each.is_dir()] if there == folder else []
        for each in (there, *inside) if there == folder else ():
            check_owner(each.stat(), "a directory")
    except OSError as error:
        return str(error) if error.errno is None else type(error).__name__
    return ""


def _waiting(subject: Subject, folder: Path) -> Iterator[Finding]:
    from telemetry.delivery.spool import Spool

    assert subject.pipeline is not None  # noqa: S101  # looked at before
    hosts = {courier.target.key: courier.target.host for courier in subject.pipeline.sender.couriers}
    most = subject.settings.spooling.most_bytes
    others = 0
    found = False
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not each.is_dir():
            continue
        parcels, size = Spool(each, on_loss=lambda *_: None, on_fault=lambda _: None).waiting()
        if each.name not in hosts:
            others += parcels
        elif size > most * _ALMOST:
            found = True
            yield problem(
                f"spool.{each.name}",
                f"The spool for {hosts[each.name]} is full ({parcels} parcels): the oldest is lost.",
                "Bring the backend back, or raise CONTINUUM_TELEMETRY_SPOOL_MAX_BYTES.",
            )
        elif parcels:
            found = True
            yield note(
                f"spool.{each.name}",
                f"{_count(parcels)} ({size} bytes) for {hosts[each.name]}.",
                "Nothing: the running service tries again. If it doesn't shrink, look at the backend.",
            )
    if others:
        yield note(
            "spool.former",
            f"{_count(others)} for addresses that are not set any more.",
            "Set that address again to have it delivered, or delete those folders of the spool.",
        )
    if not found:
        yield ok("spool", "The disk spool can be used, and nothing waits there for these destinations.")


def _count(parcels: int) -> str:
    return "1 parcel waits on disk" if parcels == 1 else f"{parcels} parcels wait on disk"
