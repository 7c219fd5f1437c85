"""The strings of a loaded module whose source is missing, from the code objects that it holds."""

from __future__ import annotations

import sys
from functools import lru_cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Final

from telemetry.privacy.loaded import space_of
from telemetry.privacy.speech import Collector
from telemetry.privacy.templates import TemplateIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_CODE_OBJECTS: Final = 5_000


@lru_cache(maxsize=64)
def templates_of_code(name: str) -> TemplateIndex:
    """The strings of a module whose source is missing; the pieces of its f-strings can't be put together."""
    collector = Collector()
    for count, code in enumerate(_code_of(sys.modules.get(name))):
        if count >= _CODE_OBJECTS:
            break
        documentation = code.co_consts[:1]  # a docstring, where there is one
        for constant in code.co_consts:
            if isinstance(constant, str) and constant not in documentation:
                collector.plain(constant, said=False)
    return TemplateIndex(collector.templates())


def _code_of(module: ModuleType | None) -> Iterator[CodeType]:
    """The code of what a module's dictionary holds; looks only, and calls nothing of the application."""
    seen: set[int] = set()
    spaces: list[object] = [module]
    while spaces:
        for member in list(space_of(spaces.pop()).values()):
            inner = member.__func__ if isinstance(member, staticmethod | classmethod) else member
            if isinstance(inner, FunctionType) and id(inner.__code__) not in seen:
                codes = [inner.__code__]
                while codes:
                    code = codes.pop()
                    seen.add(id(code))
                    yield code
                    codes.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
            elif isinstance(inner, type) and id(inner) not in seen:
                seen.add(id(inner))
                if module is not None and space_of(inner).get("__module__") == module.__name__:
                    spaces.append(inner)
