"""Finds the keys of pseudonyms: the current one, and the previous one while a rotation overlaps.

Only the standard library and platformdirs are needed, so it answers with telemetry off or not installed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from telemetry.configuration.settings import Settings
from telemetry.privacy.tenants import Pseudonyms, kept_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENT: Final = "CONTINUUM_TELEMETRY_HASH_KEY"
PREVIOUS: Final = "CONTINUUM_TELEMETRY_HASH_KEY_PREVIOUS"
KEPT: Final = "the generated key that is kept in the data directory"


@dataclass(frozen=True)
class Key:
    """One key: what makes pseudonyms with it, and where it came from, in words."""

    pseudonyms: Pseudonyms
    source: str


@dataclass(frozen=True)
class Keyring:
    """The keys that an environment names. ``current`` is None when no key is set and none can be kept."""

    current: Key | None
    previous: Key | None
    problems: tuple[str, ...]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Keyring:
        """The keys that telemetry would use; a key is generated and kept when none is set."""
        current, wrong = _read(environ, CURRENT)
        previous, wrong_too = _read(environ, PREVIOUS)
        return cls(current or _kept(), previous, (*wrong, *wrong_too))

    @property
    def keys(self) -> tuple[Key, ...]:
        """The current key, then the previous one."""
        return tuple(key for key in (self.current, self.previous) if key is not None)


def folder() -> Path:
    """Where telemetry keeps what is its owner's alone."""
    return Path(platformdirs.user_data_dir("continuum")) / "telemetry"


def _read(environ: Mapping[str, str], variable: str) -> tuple[Key | None, tuple[str, ...]]:
    """The key in a variable or in the file that it names, by the rules that the settings have for the current."""
    actual = {CURRENT: variable, f"{CURRENT}_FILE": f"{variable}_FILE"}
    settings = Settings.from_environ({name: environ.get(real, "") for name, real in actual.items()})
    problems = tuple(
        str(replace(problem, variable=actual[problem.variable])) for problem in settings.problems
    )
    if settings.hash_key is None:
        return None, problems
    return Key(Pseudonyms(settings.hash_key), actual[settings.sources["hash_key"]]), problems


def kept() -> str | None:
    """The generated secret that is kept in the user's data directory; None when none can be kept."""
    return kept_secret(folder() / "pseudonym.key")


def _kept() -> Key | None:
    secret = kept()
    return None if secret is None else Key(Pseudonyms(secret), KEPT)
