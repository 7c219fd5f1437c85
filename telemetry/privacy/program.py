"""What the running program itself says: the names and strings that stand in the code of its modules.

A word that stands in the code is the programmer's; anything else that looks like a word may be data. Names
are read from compiled code objects, by the import system's own loaders, for modules that are loaded: text
that came from outside never makes a file be opened. Everything here runs on the sender's thread.
"""

from __future__ import annotations

import re
import sys
import sysconfig
import threading
import time
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Final

from telemetry import pace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType, ModuleType

_LIBRARIES: Final = tuple(
    {sysconfig.get_path(kind).rstrip("/") + "/" for kind in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_LOOK_AGAIN: Final = 2.0
"""Seconds after which modules are looked through again for an unknown word though their number is the same."""
_LONGEST: Final = 200
_SPAWNED: Final = "__mp_main__"
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w.:-]{0,99}")
_SQL: Final = re.compile(r"(?i)\b(?:select|insert|update|delete|create|alter|drop|pragma|from|where)\b")


class Program:
    """The words of an application's own modules; libraries are asked one file at a time."""

    def __init__(self) -> None:
        self._strings: set[str] = set()
        self._names: set[str] = set()
        self._read: set[str] = set()
        self._packages: frozenset[str] = frozenset()
        self._looked = float("-inf")
        self._loaded = 0
        self.start_anew()

    def belongs(self, packages: Iterable[str]) -> None:
        """Count installed packages to the application: those that its routes' functions come from."""
        self._packages |= frozenset(packages)
        self._read = {name for name in self._read if name.partition(".")[0] not in self._packages}
        self._looked = float("-inf")

    def says(self, text: str) -> bool:
        """Whether a text stands in the application's own code as a whole: as a string or as a name."""
        return self._found(text, self._strings) or text in self._names

    def names(self, word: str) -> bool:
        """Whether a word is a name in the application's code, or a word of a statement that stands in it."""
        return self._found(word, self._names) or word in self._strings

    def _found(self, text: str, words: set[str]) -> bool:
        if text in words:
            return True
        # While one thread reads, the others wait: what it is about to find must not be unknown to them.
        with self._lock:
            now, loaded = time.monotonic(), len(sys.modules)
            if loaded != self._loaded or now - self._looked >= _LOOK_AGAIN:
                self._looked, self._loaded = now, loaded
                self._read_new_modules()
        return text in words

    def read(self) -> None:
        """Read what is loaded by now, so that nobody has to wait for it later."""
        with self._lock:
            self._read_new_modules()

    def start_anew(self) -> None:
        """Go on with a lock that nobody holds: in the child of a fork."""
        self._lock = threading.RLock()  # a signal handler may come in between

    def _read_new_modules(self) -> None:
        for name, module in list(sys.modules.items()):
            if name in self._read:
                continue
            pace.breathe(pace.SHORTEST)
            self._read.add(name)
            path = _source_of(module)
            if path is None:
                continue
            if not is_library(path) or name.partition(".")[0] in self._packages:
                strings, names = words_of(name)
                self._strings |= strings
                self._names |= names


def is_library(path: str) -> bool:
    """Whether a file belongs to Python or to an installed package rather than to the application."""
    return path.startswith(_LIBRARIES) or "/site-packages/" in path or "/dist-packages/" in path


def _loader_of(module: ModuleType | None) -> SourceFileLoader | None:
    """A module's loader when it is the import system's own: any other may do anything when it is asked."""
    space = getattr(module, "__dict__", {})
    loader = getattr(space.get("__spec__"), "loader", None) or space.get("__loader__")
    if type(loader) is SourceFileLoader:
        return loader
    path = space.get("__file__")
    # A child that multiprocessing spawns runs its parent's main module by path, and notes no loader.
    return (
        SourceFileLoader(_SPAWNED, path) if space.get("__name__") == _SPAWNED and type(path) is str else None
    )


def _source_of(module: ModuleType | None) -> str | None:
    """The path of a module's source. A program's own ``__file__`` is gone when it has ended."""
    loader = _loader_of(module)
    return loader.path if loader is not None else None


def source_of(module_name: str) -> str | None:
    """The file of a loaded module's source."""
    return _source_of(sys.modules.get(module_name))


@lru_cache(maxsize=512)
def words_of(module_name: str) -> tuple[frozenset[str], frozenset[str]]:
    """The strings and the names in the code of a loaded module; both empty when it has no source."""
    loader = _loader_of(sys.modules.get(module_name))
    if loader is None:
        return frozenset(), frozenset()
    try:
        code = loader.get_code(loader.name)
    except Exception:
        return frozenset(), frozenset()
    strings: set[str] = set()
    names: set[str] = set()
    for inner in _all_code(code):
        names.update(
            inner.co_names,
            inner.co_varnames,
            inner.co_freevars,
            inner.co_cellvars,
            inner.co_qualname.split("."),
        )
        for constant in _strings(inner.co_consts):
            if len(constant) <= _LONGEST:
                strings.add(constant)
            if _IDENTIFIER.fullmatch(constant) or _SQL.search(constant):
                names.update(_NAME.findall(constant[:4096]))
    return frozenset(strings), frozenset(names)


def _all_code(code: CodeType | None) -> Iterator[CodeType]:
    stack = [code] if code is not None else []
    while stack:
        current = stack.pop()
        yield current
        stack.extend(constant for constant in current.co_consts if isinstance(constant, type(current)))


def _strings(constants: tuple[object, ...] | frozenset[object]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple | frozenset):
            yield from _strings(constant)


def module_at(path: str) -> str | None:
    """The name of the loaded module whose source is a file; None for any other path."""
    return _paths().get(path)


def _paths() -> dict[str, str]:
    return _paths_of(len(sys.modules))


@lru_cache(maxsize=1)
def _paths_of(_loaded: int) -> dict[str, str]:
    """File to module name, made again when the number of loaded modules changes."""
    found: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        path = _source_of(module)
        if path is not None:
            found.setdefault(path, name)
    return found


def shown_path(path: str) -> str | None:
    """A loaded module's file as it may be shown, from its import root on; None for any other path."""
    name = module_at(path)
    if name is None:
        return None
    depth = name.count(".") + 1 + path.endswith("/__init__.py")
    if name == "__main__":
        depth = 1
    return "/".join(path.split("/")[-depth:])


def is_module(name: str) -> bool:
    """Whether a module of that name is loaded."""
    return name in sys.modules


def has_function(module_name: str, qualified: str) -> bool:
    """Whether a function's name, with ``<locals>`` and ``<lambda>``, stands in a loaded module's code."""
    parts = [part for part in qualified.split(".") if not (part.startswith("<") and part.endswith(">"))]
    _, names = words_of(module_name)
    return all(part in names for part in parts)


@lru_cache(maxsize=2048)
def has_class(dotted: str) -> bool:
    """Whether ``module.Class`` or a builtin's name is a class that a loaded module defines.

    Looked up in the modules' dictionaries, never by ``getattr``: that could call code of the application.
    Only positive answers of short names are worth keeping, so the cache is small.
    """
    parts = dotted.split(".")
    for split in range(len(parts), -1, -1):
        module: ModuleType | None = sys.modules.get(".".join(parts[:split]) if split else "builtins")
        if module is None or split == len(parts):
            continue
        rest = parts[split:]
        found: object = module
        for part in rest:
            space = (
                module.__dict__ if found is module else (found.__dict__ if isinstance(found, type) else {})
            )
            found = space.get(part)
            if found is None:
                break
        if isinstance(found, type):
            return True
        if "<locals>" in rest and has_function(module.__name__, ".".join(rest)):
            return True
    return False


_CLASS_NAMES: set[str] = set()


def names_class(name: str) -> bool:
    """Whether some loaded module's dictionary holds a class of that bare name."""
    if name in _CLASS_NAMES:
        return True
    for module in list(sys.modules.values()):
        found = getattr(module, "__dict__", {}).get(name)
        if isinstance(found, type):
            if len(_CLASS_NAMES) < 4096:
                _CLASS_NAMES.add(name)
            return True
    return False
