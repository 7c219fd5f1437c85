"""Keys in files for their owner alone: this instance's own, and those of other services for calling peers."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from continuum.core.errors import SettingsError
from continuum.federation.errors import NotSetUp
from continuum.federation.identity import Identity, new_private_key, read_identity

if TYPE_CHECKING:
    from pathlib import Path

    from continuum.federation.settings import SyncSettings

_OWN: Final = "instance.key"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def load_identity(settings: SyncSettings) -> Identity:
    """The identity of this instance.

    Raises:
        NotSetUp: there is no key yet.
        SettingsError: the key has no accepted form, or its file can be read by others.

    """
    written = settings.private_key
    if written is None:
        written = _read(settings.directory / _OWN)
        if written is None:
            raise NotSetUp("this instance has no key for federation: run `continuum sync keys`")
    try:
        return read_identity(written)
    except ValueError:
        # The error may quote the key: no cause.
        raise SettingsError(
            "the private key for federation (CONTINUUM_SYNC_KEY or its file) is 43 URL-safe characters"
        ) from None


def ensure_identity(settings: SyncSettings) -> Identity:
    """The identity of this instance, made when there is none."""
    if settings.private_key is None and not (settings.directory / _OWN).exists():
        settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # somebody else made it meanwhile
            _write(settings.directory / _OWN, new_private_key(), exclusive=True)
    return load_identity(settings)


def keep_api_key(settings: SyncSettings, tenant_number: int, key_id: str, api_key: str) -> None:
    """Keep the API key for calling a peer for a tenant."""
    place = _place(settings, tenant_number, key_id)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(place, api_key, exclusive=False)


def load_api_key(settings: SyncSettings, tenant_number: int, key_id: str) -> str:
    """The API key for calling a peer.

    Raises:
        NotSetUp: there is none.
        SettingsError: its file can be read by others.

    """
    found = settings.api_key or _read(_place(settings, tenant_number, key_id))
    if found is None:
        raise NotSetUp(
            "there is no API key for calling this peer: set CONTINUUM_SYNC_API_KEY or pin the peer again"
        )
    return found


def drop_api_key(settings: SyncSettings, tenant_number: int, key_id: str) -> None:
    """Delete the API key for calling a peer."""
    _place(settings, tenant_number, key_id).unlink(missing_ok=True)


def _place(settings: SyncSettings, tenant_number: int, key_id: str) -> Path:
    return settings.directory / "peers" / f"{tenant_number:d}-{key_id}.key"


def _read(place: Path) -> str | None:
    try:
        with place.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise SettingsError("a key file for federation can be read by others: chmod it to 600")
            return file.read(1000).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError("a key file for federation can't be read") from error


def _write(place: Path, text: str, *, exclusive: bool) -> None:
    # Written beside it and put in its place: a file is there with all of the key, or not at all.
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text + "\n")
    try:
        if exclusive:
            os.link(draft, place)
        else:
            draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
