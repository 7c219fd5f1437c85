import re
from pathlib import Path

import pytest

from continuum.core.errors import SettingsError
from continuum.core.settings import Settings, telemetry_requested


def test_an_empty_environment_gives_a_file_in_the_users_data_directory(tmp_path):
    settings = Settings.from_environ({})
    assert settings.database == tmp_path / "share" / "continuum" / "continuum.db"
    assert settings.redis_url is None
    assert settings.cors_origins == ()


def test_an_empty_value_counts_as_unset():
    assert Settings.from_environ({"REDIS_URL": " ", "CONTINUUM_ENV": ""}) == Settings.from_environ({})


def test_good_values_are_read():
    settings = Settings.from_environ(
        {
            "DATABASE_URL": "sqlite:////var/lib/continuum/a.db",
            "REDIS_URL": "rediss://user:word@cache.example:6380/2",
            "CONTINUUM_CACHE_ENABLED": "no",
            "CONTINUUM_SEMANTIC": "on",
            "CONTINUUM_CORS_ORIGINS": "https://app.example/, http://localhost:3000",
            "CONTINUUM_ENV": "staging-2",
            "CONTINUUM_RATE_LIMIT": "120",
            "CONTINUUM_RATE_BURST": "7",
        }
    )
    assert (settings.rate_limit, settings.rate_burst) == (120, 7)
    assert settings.database == Path("/var/lib/continuum/a.db")
    assert settings.cache_enabled is False
    assert settings.semantic is True
    assert settings.cors_origins == ("https://app.example", "http://localhost:3000")
    assert settings.environment == "staging-2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://someone:canary@db.example/x", "postgresql://db.example/x"),
        (
            "postgres://canary@db.example:5433/x?sslmode=require&options=canary",
            "postgresql://db.example:5433/x",
        ),
        ("postgresql+psycopg://[::1]/x", "postgresql://[::1]/x"),
    ],
)
def test_a_postgresql_database_is_shown_without_user_password_and_options(url, shown):
    address = Settings.from_environ({"DATABASE_URL": url}).database
    assert str(address) == shown
    assert "canary" not in repr(address) + repr(Settings(address))
    assert address.url.startswith("postgresql+psycopg://")
    assert address.url.partition("://")[2] == url.partition("://")[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://someone:canary@db.example"),
        ("DATABASE_URL", "mysql://canary"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "canary"),
        ("REDIS_URL", "http://canary"),
        ("CONTINUUM_CACHE_ENABLED", "canary"),
        ("CONTINUUM_SEMANTIC", "canary"),
        ("CONTINUUM_CORS_ORIGINS", "https://app.example, canary"),
        ("CONTINUUM_ENV", "canary canary"),
        ("CONTINUUM_RATE_LIMIT", "canary"),
        ("CONTINUUM_RATE_LIMIT", "-1"),
        ("CONTINUUM_RATE_LIMIT", "1.5"),
        ("CONTINUUM_RATE_LIMIT", "10000001"),
        ("CONTINUUM_RATE_LIMIT", "9" * 5000),
        ("CONTINUUM_RATE_BURST", "0"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_form_and_never_repeated(name, value):
    with pytest.raises(SettingsError, match=f"^{name} must ") as caught:
        Settings.from_environ({name: value})
    assert "canary" not in str(caught.value)
    assert not re.search(r"canary", repr(caught.value.__cause__))


def test_the_repr_of_settings_shows_no_secret():
    settings = Settings.from_environ(
        {"REDIS_URL": "redis://:canary@h", "CONTINUUM_API_KEY": "cm_canary", "CONTINUUM_TENANT": "canary"}
    )
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    "name", ["SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"]
)
def test_telemetry_is_requested_by_naming_a_destination(name):
    assert telemetry_requested({name: "https://x.example"})
    assert not telemetry_requested({name: "  "})


def test_the_environment_is_read_in_settings_and_nowhere_else():
    package = Path(__import__("continuum").__file__).parent
    readers = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text())
    ]
    # `continuum dev` hands its environment on to the processes that it starts.
    assert set(readers) - {"cli/dev.py"} == {"core/settings.py"}
