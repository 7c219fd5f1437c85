"""Looks at loaded modules without asking them anything: a lazy module would be imported, others run code."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def space_of(thing: object) -> Mapping[str, object]:
    """A module's or class's dictionary, without asking it: a lazy module would be imported."""
    # By its type: what cffi loads says of itself that it is a module, and has no dictionary.
    if issubclass(type(thing), type):
        return type.__dict__["__dict__"].__get__(thing)  # type: ignore[no-any-return]  # a mapping proxy
    return object.__getattribute__(thing, "__dict__") if issubclass(type(thing), ModuleType) else {}
