"""The templates that stand in a loaded module's source: what its programmer wrote, with holes for data.

Reading is slow the first time, so it belongs on the sender's thread, and files are parsed statement by
statement: the parser holds the interpreter's lock, and requests have to get their turn in between.
Only files of modules that are loaded are opened: a path that came with a message opens nothing else.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import time
from functools import lru_cache
from importlib.util import decode_source
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telemetry.privacy.bytecode import templates_of_code
from telemetry.privacy.loaded import space_of
from telemetry.privacy.speech import Collector
from telemetry.privacy.templates import TemplateIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 1_000_000
"""Bytes of a source file; larger ones are data tables more often than code that speaks."""
MAX_FILES: Final = 256
"""Files whose templates are kept."""
_MERGES: Final = 24
"""Statements that are tried together before the rest of a file is parsed in one piece."""
_TRIES: Final = 5

_BORDER: Final = re.compile(r"^(?:    )?(?:@|def |class |async def )", re.MULTILINE)

EMPTY: Final = TemplateIndex(())


def templates_in(path: str) -> TemplateIndex:
    """The templates of a loaded module's file; none for any other path."""
    module = loaded_module(path)
    if module is None:
        return EMPTY
    try:
        status = os.stat(path)  # noqa: PTH116  # a string in, no object made: this runs for each frame
    except OSError:
        return templates_of_code(module)
    if status.st_size > MAX_BYTES:
        return EMPTY
    return _from_file(path, status.st_mtime_ns, status.st_size)


def is_read(path: str) -> bool:
    """Whether a file's templates are at hand without reading it now."""
    return path in _SEEN


def loaded_module(path: str) -> str | None:
    """The name of the loaded module whose file is at a path."""
    if path.startswith("<"):
        return None
    name = _NAMES.get(path)
    if name is None or _file_of(name) != path:
        # Modules come and go; whoever asks names frames, and nearly all of those are of loaded modules.
        found = {
            file: other for other in reversed(list(sys.modules)) if (file := _file_of(other)) is not None
        }
        _NAMES.clear()
        _NAMES.update(found)
        name = _NAMES.get(path)
    return name


_NAMES: Final[dict[str, str]] = {}
_SEEN: Final[set[str]] = set()


def _file_of(name: str) -> str | None:
    path = space_of(sys.modules.get(name)).get("__file__")
    if not isinstance(path, str):
        return None
    # Without its source, a module's frames still name the source file.
    return path[:-1] if path.endswith(".pyc") else path


@lru_cache(maxsize=MAX_FILES)
def _from_file(path: str, _changed: int, _size: int) -> TemplateIndex:
    try:
        source = decode_source(Path(path).read_bytes()[: MAX_BYTES + 1])
    except (OSError, SyntaxError, UnicodeDecodeError):
        return EMPTY
    if len(_SEEN) > 4 * MAX_FILES:
        _SEEN.clear()
    _SEEN.add(path)
    return templates_of(source)


def templates_of(source: str) -> TemplateIndex:
    """The templates of Python source text; none when it can't be parsed."""
    collector = Collector()
    for tree in _statements(source):
        collector.read(tree)
        time.sleep(0)  # lets a request's thread have the interpreter
    return TemplateIndex(collector.templates())


def _statements(source: str) -> Iterator[ast.Module]:
    """A file's syntax trees, a definition at a time.

    A piece that ends inside a statement can't be parsed and is tried again together with the next one, so
    borders that stand in a long string or in brackets do no harm.
    """
    borders = [*(found.start() for found in _BORDER.finditer(source)), len(source)]
    begin, merged = 0, 0
    for end in borders:
        tree = _parsed(source[begin:end])
        if tree is not None:
            yield tree
            begin, merged = end, 0
        elif (merged := merged + 1) > _MERGES:
            break
    if begin < len(source):
        # An `else` after a definition, say. Templates that are found twice are kept once.
        tree = _parsed(source[begin:]) or _parsed(source)
        if tree is not None:
            yield tree


def _parsed(piece: str) -> ast.Module | None:
    if piece.startswith("    "):
        piece = f"class _:\n{piece}"
    for _ in range(_TRIES):
        try:
            return ast.parse(piece)
        except SystemError:
            # CPython's parser counts its depth for all at once: what the collector ends in the middle, and parses
            # itself, as a traceback that is formatted does, confuses it. The next time it starts anew.
            continue
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None
    return None
