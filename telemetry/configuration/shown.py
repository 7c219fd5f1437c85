"""The settings as they are shown: where each came from, what it overrode, and no secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from telemetry.configuration.batching import Batching
from telemetry.configuration.collector import SIGNALS, Collector
from telemetry.configuration.limits import LIMITED
from telemetry.configuration.spooling import SPOOLED
from telemetry.privacy.redacting import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.configuration.settings import Settings

HIDDEN: Final = "•••"
_REDACT: Final = Redactor()


@dataclass(frozen=True)
class ShownSetting:
    """One setting: ``value`` is a text to print, empty when it is not set."""

    name: str
    source: str
    value: str
    overrides: tuple[str, ...] = ()


def shown(settings: Settings) -> list[ShownSetting]:
    """Every setting that was read, in the order of reading."""
    holders = dict(_held(settings))
    return [
        ShownSetting(name, source, _of(*holders[name]), settings.overridden.get(name, ()))
        for name, source in settings.sources.items()
        if name in holders
    ]


def _held(settings: Settings) -> Iterator[tuple[str, tuple[Any, str]]]:
    """By a setting's name: what has it, and as which attribute."""
    for name in settings.sources:
        if name in settings.__dataclass_fields__:
            yield name, (settings, name)
    for signal in SIGNALS:
        if signal in settings.collectors:
            for attribute, reading in Collector.readings(signal).items():
                yield reading.setting, (settings.collectors[signal], attribute)
        for attribute, reading in Batching.readings(signal).items():
            yield reading.setting, (settings.batching[signal], attribute)
    for attribute, reading in SPOOLED.items():
        yield reading.setting, (settings.spooling, attribute)
    for attribute, reading in LIMITED.items():
        yield reading.setting, (settings.limits, attribute)


def _of(holder: Any, attribute: str) -> str:
    value = getattr(holder, attribute)
    if not holder.__dataclass_fields__[attribute].repr:
        return HIDDEN if value else ""
    if attribute == "url":
        parts = urlsplit(value)
        return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{HIDDEN}" if parts.query else "")
    return text_of(value)


def text_of(value: Any) -> str:
    """A setting's value as a text; of pairs only the keys, and nothing that looks like a secret."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(
            f"{item[0]}={HIDDEN}" if isinstance(item, tuple) else text_of(item) for item in value
        )
    if isinstance(value, str | Path):
        return _REDACT(str(value), prose=False)[0]
    return str(value)
