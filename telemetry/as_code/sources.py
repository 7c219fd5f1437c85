"""Reads the files that say what Sentry should hold, and refuses what has not the documented form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GROUPING: Final = "grouping_rules.yaml"
ALERTS: Final = "alerts.yaml"
DASHBOARDS: Final = "dashboards.yaml"
PRIVACY: Final = "privacy.yaml"

_TOP: Final[dict[str, dict[str, type]]] = {
    GROUPING: {"fingerprints": list, "stack": list, "highlights": dict},
    ALERTS: {"monitors": list, "alerts": list},
    DASHBOARDS: {"dashboards": list},
    PRIVACY: {
        "dataScrubber": bool,
        "dataScrubberDefaults": bool,
        "scrubIPAddresses": bool,
        "sensitiveFields": list,
        "safeFields": list,
        "relayPiiConfig": dict,
    },
}


class SourceError(Exception):
    """A file is missing or has not the accepted form; the message names the place and the form, never the value."""


@dataclass(frozen=True)
class Sources:
    """The four files, read."""

    grouping: dict[str, Any]
    alerts: dict[str, Any]
    dashboards: dict[str, Any]
    privacy: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Sources:
        """The files of a folder.

        Raises:
            SourceError: one is missing, is no YAML, or lacks a part or has one too many.

        """
        return cls(*(_read(folder, name) for name in (GROUPING, ALERTS, DASHBOARDS, PRIVACY)))


def checked(
    entry: Any, place: str, needed: Mapping[str, type], optional: Mapping[str, type]
) -> dict[str, Any]:
    """An entry that has all the needed keys, maybe optional ones, and no others.

    Raises:
        SourceError: it hasn't; the message says which key of ``place``.

    """
    if not isinstance(entry, dict):
        raise SourceError(f"{place}: expected a mapping with the keys {', '.join(needed)}")
    accepted = {**needed, **optional}
    for key in entry:
        if key not in accepted:
            raise SourceError(f"{place}: a key that is not accepted; accepted are {', '.join(accepted)}")
    for key, kind in accepted.items():
        if key not in entry and key in needed:
            raise SourceError(f"{place}: {key} is missing")
        if key in entry and not isinstance(entry[key], kind):
            raise SourceError(f"{place}.{key}: expected {_KINDS[kind]}")
    return entry


_KINDS: Final[dict[type, str]] = {str: "a text", list: "a list", dict: "a mapping", bool: "true or false"}


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise SourceError("PyYAML is not installed: pip install 'pyyaml>=6'") from error
    try:
        # The safe loader in C, where it is built: ten times as fast.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = yaml.load((folder / name).read_text(encoding="utf-8"), loader)  # noqa: S506  # both are safe loaders
    except OSError as error:
        raise SourceError(f"{name}: not in {folder}; name the folder with --from") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: is not UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" (line {mark.line + 1})"
        raise SourceError(f"{name}: is no YAML{where}") from error
    return checked(found, name, _TOP[name], {})
