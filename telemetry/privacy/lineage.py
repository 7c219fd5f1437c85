"""Whose message it is: an exception's class by its name, with its bases and the files that define them."""

from __future__ import annotations

import sys

from telemetry.privacy.loaded import space_of


def lineage(exception: str | None) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names of an exception's class and its bases, dotted, and the files of the modules that define them."""
    if exception is None:
        return frozenset(), ()
    found = find_class(exception)
    if found is None:
        return frozenset({exception, exception.removeprefix("builtins.")}), ()
    names: set[str] = {exception}
    files: list[str] = []
    for base in type.__dict__["__mro__"].__get__(found):
        module = str(type.__dict__["__module__"].__get__(base))
        name = str(type.__dict__["__qualname__"].__get__(base))
        names.add(name if module == "builtins" else f"{module}.{name}")
        path = space_of(sys.modules.get(module)).get("__file__")
        if isinstance(path, str) and path not in files:
            files.append(path)
    return frozenset(names), tuple(files)


def find_class(dotted: str) -> type[BaseException] | None:
    """The exception class of a name, such as ``sqlite3.Error`` or ``ValueError``, in modules that are loaded.

    Looked up in the modules' dictionaries, never by asking them, because that may call their code.
    """
    parts = dotted.split(".")
    if len(dotted) > 200 or len(parts) > 12:
        return None
    for split in range(len(parts) - 1, -1, -1):
        found: object = sys.modules.get(".".join(parts[:split]) if split else "builtins")
        for part in parts[split:]:
            found = space_of(found).get(part)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
    return None
