"""What the environment says: the only place in continuum that reads it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from continuum.core.addresses import PostgresAddress, database_address
from continuum.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_REDIS = re.compile(r"(?:redis|rediss)://[^/\s]+(?:/\d+)?(?:\?\S*)?|unix://\S+")
_ORIGIN = re.compile(r"\*|https?://[^/\s,*]+")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WHOLE = re.compile(r"[0-9]{1,8}")
_MOST = 10_000_000
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside, already checked."""

    database: Path | PostgresAddress
    """``DATABASE_URL``: a SQLite file or a PostgreSQL database; default ``continuum.db`` in the user's data
    directory."""
    redis_url: str | None = field(default=None, repr=False)
    """``REDIS_URL``: a Redis or Valkey server, in which processes share rate limits and the recall cache."""
    cache_enabled: bool | None = None
    """``CONTINUUM_CACHE_ENABLED``: whether recall is cached in the server of ``REDIS_URL``; when unset, it is on
    PostgreSQL and isn't on SQLite, which answers as fast."""
    semantic: bool = False
    """``CONTINUUM_SEMANTIC``: whether recall also finds by meaning what was said in other words; needs
    ``continuum-memory[semantic]``. Default false."""
    rate_limit: int = 60_000
    """``CONTINUUM_RATE_LIMIT``: how many requests a minute an API key may make, from 1 to 10000000; 0 is no
    limit."""
    rate_burst: int | None = None
    """``CONTINUUM_RATE_BURST``: how many of them at once, from 1 to 10000000; when unset, those of ten
    seconds."""
    cors_origins: tuple[str, ...] = ()
    """``CONTINUUM_CORS_ORIGINS``: browser origins allowed to call the API, comma-separated; default none."""
    environment: str = "development"
    """``CONTINUUM_ENV``: the deployment's name, for example development, staging or production."""
    tenant: str | None = field(default=None, repr=False)
    """``CONTINUUM_TENANT``: the tenant of CLI commands that get no ``--tenant``; the API never reads it."""
    api_key: str | None = field(default=None, repr=False)
    """``CONTINUUM_API_KEY``: the key with which CLI commands call a running service."""
    sync_directory: Path | None = None
    """``CONTINUUM_SYNC_DIRECTORY``: where the private key for federation is, and the API keys for calling peers;
    when unset, ``sync`` in the user's data directory."""
    sync_key: str | None = field(default=None, repr=False)
    """``CONTINUUM_SYNC_KEY``: the private key for federation itself, instead of its file."""
    sync_api_key: str | None = field(default=None, repr=False)
    """``CONTINUUM_SYNC_API_KEY``: the API key for calling peers, instead of their files."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check all variables; an empty value counts as unset.

        Args:
            environ: the variables; the process environment when not given.

        Raises:
            SettingsError: a value has no accepted form; the message names variable and form, not the value.

        """
        variables = {name: value.strip() for name, value in _environ(environ).items() if value.strip()}
        return cls(
            database=_database(variables.get("DATABASE_URL")),
            redis_url=_matching(
                variables, "REDIS_URL", _REDIS, "redis://[user:password@]host[:port][/number]"
            ),
            cache_enabled=_boolean(variables, "CONTINUUM_CACHE_ENABLED"),
            semantic=_boolean(variables, "CONTINUUM_SEMANTIC") or False,
            rate_limit=_count(variables, "CONTINUUM_RATE_LIMIT", least=0, default=cls.rate_limit),
            rate_burst=_count(variables, "CONTINUUM_RATE_BURST", least=1, default=None),
            cors_origins=_origins(variables.get("CONTINUUM_CORS_ORIGINS", "")),
            environment=_matching(
                variables, "CONTINUUM_ENV", _ENVIRONMENT, "letters, digits, '.', '_' and '-'"
            )
            or "development",
            tenant=variables.get("CONTINUUM_TENANT"),
            api_key=variables.get("CONTINUUM_API_KEY"),
            sync_directory=_path(variables.get("CONTINUUM_SYNC_DIRECTORY")),
            sync_key=variables.get("CONTINUUM_SYNC_KEY"),
            sync_api_key=variables.get("CONTINUUM_SYNC_API_KEY"),
        )

    @property
    def caches_recall(self) -> bool:
        """Whether answers of recall are kept in Redis."""
        if self.redis_url is None:
            return False
        return (
            isinstance(self.database, PostgresAddress) if self.cache_enabled is None else self.cache_enabled
        )


_DESTINATIONS = (
    "SENTRY_DSN",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)


def telemetry_requested(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the environment names a place to send telemetry to; reads nothing else and never raises."""
    variables = _environ(environ)
    return any(variables.get(name, "").strip() for name in _DESTINATIONS)


def _environ(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if environ is None else environ


def _database(url: str | None) -> Path | PostgresAddress:
    if url is None:
        import platformdirs

        return platformdirs.user_data_path("continuum", appauthor=False) / "continuum.db"
    return database_address(url)


def _path(value: str | None) -> Path | None:
    if value is None:
        return None
    from pathlib import Path

    return Path(value)


def _matching(variables: Mapping[str, str], name: str, pattern: re.Pattern[str], form: str) -> str | None:
    value = variables.get(name)
    if value is not None and pattern.fullmatch(value) is None:
        raise SettingsError(f"{name} must have the form {form}")
    return value


def _boolean(variables: Mapping[str, str], name: str) -> bool | None:
    value = variables.get(name, "").lower()
    if not value:
        return None
    if value not in _TRUE | _FALSE:
        raise SettingsError(f"{name} must be true or false")
    return value in _TRUE


_Default = TypeVar("_Default", int, None)


def _count(variables: Mapping[str, str], name: str, *, least: int, default: _Default) -> int | _Default:
    value = variables.get(name)
    if value is None:
        return default
    # Eight digits at most: int() of a very long number would take long, or fail with a message of its own.
    if _WHOLE.fullmatch(value) is None or not least <= int(value) <= _MOST:
        raise SettingsError(f"{name} must be a whole number from {least} to {_MOST}")
    return int(value)


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise SettingsError(
            "CONTINUUM_CORS_ORIGINS must be origins like https://app.example, comma-separated, or *"
        )
    return origins
