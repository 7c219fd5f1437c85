"""The settings that follow from several variables together."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from telemetry.configuration.readings import (
    ARGUMENTS,
    HASH_KEY,
    HASH_KEY_FILE,
    SAMPLER,
    TRACES_RATE,
    argument,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telemetry.configuration.environment import Environment
    from telemetry.privacy.vocabulary import Profile
    from telemetry.sentry.dsn import Dsn

DEVELOPING: Final = frozenset({"development", "test"})
TRACES_RATE_BY_ENVIRONMENT: Final = {"development": 0.0, "staging": 0.5, "production": 0.1}
TRACES_RATE_ELSEWHERE: Final = 0.1
_ADDRESS: Final = re.compile(r"(?:URL|URI|HOST|HOSTS|ENDPOINT|SERVER|DATABASE|DB|ADDR|ADDRESS)$")


def take_arguments(env: Environment, arguments: Mapping[str, object]) -> None:
    """Let arguments stand beside the variables."""
    for name, value in arguments.items():
        if name not in ARGUMENTS:
            env.refuse(argument(name), "one of " + ", ".join(ARGUMENTS))
        elif value is not None:
            text = None
            if isinstance(value, str | int | float):
                with suppress(ValueError):  # an integer of thousands of digits has no text
                    text = env.given[argument(name)] = str(value)
            if text is None:
                env.refuse(argument(name), "a text or a number")


def privacy(wanted: Profile, env: Environment, environment: str, dsn: Dsn | None) -> Profile:
    """The profile; ``development`` only where somebody says that it is, or with the local inspector."""
    if wanted != "development":
        return wanted
    told = env.sources["environment"] != "default" or (dsn is not None and dsn.is_inspector)
    if told and environment in DEVELOPING:
        return wanted
    accepted = "strict or balanced, or development together with CONTINUUM_ENV=development or test"
    env.refuse("CONTINUUM_TELEMETRY_PRIVACY", accepted, "it is strict")
    env.sources["privacy"] = "default"
    return "strict"


def sampling(env: Environment, environment: str, dsn: Dsn | None) -> tuple[str, float]:
    """The sampler's name and rate: argument, SENTRY_TRACES_SAMPLE_RATE, OTEL_TRACES_SAMPLER, the defaults."""
    *ours, theirs = TRACES_RATE.variables
    sampler: str = env.read(SAMPLER, "")
    by_rate = sampler.endswith("traceidratio")
    reading = TRACES_RATE if by_rate else replace(TRACES_RATE, variables=tuple(ours))
    default = TRACES_RATE_BY_ENVIRONMENT.get(environment, TRACES_RATE_ELSEWHERE)
    if environment == "development" and dsn is not None and dsn.is_inspector:
        default = 1.0
    source = f"default of {environment}"
    if by_rate:
        default, source = 1.0, "default of OTEL_TRACES_SAMPLER"
    rate: float = env.read(reading, default, source)
    if not by_rate:
        env.override("traces_rate", theirs)
    chosen = env.sources["traces_rate"]
    if sampler and chosen not in ours:
        return sampler, rate
    if sampler:
        env.sources["sampler"] = chosen
        env.override("sampler", *SAMPLER.variables)
    return "parentbased_traceidratio", rate


def hash_key(env: Environment) -> str | None:
    """The key of pseudonyms, from its variable or else the file that one names."""
    direct: str | None = env.read(HASH_KEY, None)
    if direct is None:
        from_file: str | None = env.read(HASH_KEY_FILE, None)
        return from_file
    env.override("hash_key", *HASH_KEY_FILE.variables)
    return direct


def operator_words(environ: Mapping[str, Any]) -> frozenset[str]:
    """Hosts, and the names of databases, in variables that hold addresses."""
    found: set[str] = set()
    for name, value in environ.items():
        if not _ADDRESS.search(name):
            continue
        try:
            parts = urlsplit(value if "//" in value else f"//{value}")
            found.update(part for part in (parts.hostname, parts.path.strip("/")) if part)
        except ValueError:
            continue
    return frozenset(found)
