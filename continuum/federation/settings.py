"""What federation needs from outside: where its keys are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from continuum.core.settings import Settings


@dataclass(frozen=True)
class SyncSettings:
    """Keys are in files for their owner alone, or in the environment, and never in the database."""

    directory: Path
    """This instance's private key, and the API keys for calling peers."""
    private_key: str | None = field(default=None, repr=False)
    """The private key itself, instead of its file; 43 URL-safe characters."""
    api_key: str | None = field(default=None, repr=False)
    """The API key for calling peers, instead of their files."""

    @classmethod
    def of(cls, settings: Settings) -> SyncSettings:
        """Those of the environment's that are about federation."""
        directory = settings.sync_directory or _default_directory()
        return cls(directory, settings.sync_key, settings.sync_api_key)


def _default_directory() -> Path:
    import platformdirs

    return platformdirs.user_data_path("continuum", appauthor=False) / "sync"
