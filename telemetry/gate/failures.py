"""What an exception says of itself, noted without calling any code of the application.

``str`` of an exception, the attributes of its class and a formatted traceback may all run anything, or read
files. So only the interpreter's own slots are asked, and an exception whose text is made by code of somebody
else gives its first argument instead, when that is a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from telemetry.gate.snapshot import LONGEST, cut

if TYPE_CHECKING:
    from types import TracebackType

MAX_FRAMES: Final = 100
MAX_LINKS: Final = 5
"""Exceptions of a chain, the one that was logged among them."""

_NAME = type.__dict__["__qualname__"].__get__
_MODULE = type.__dict__["__module__"].__get__
_LINEAGE = type.__dict__["__mro__"].__get__
_SPACE = type.__dict__["__dict__"].__get__
_ARGUMENTS = BaseException.__dict__["args"].__get__
_TRACEBACK = BaseException.__dict__["__traceback__"].__get__
_CAUSE = BaseException.__dict__["__cause__"].__get__
_CONTEXT = BaseException.__dict__["__context__"].__get__
_SILENT = BaseException.__dict__["__suppress_context__"].__get__
_OWN_TEXTS: Final = tuple(
    (kind.__dict__["__str__"], tuple(kind.__dict__[name].__get__ for name in made_of))
    for kind, made_of in (
        (BaseException, ()),
        (KeyError, ()),
        (ImportError, ("msg",)),
        (OSError, ("errno", "strerror", "filename", "filename2")),
        (UnicodeDecodeError, ("encoding", "object", "reason")),
        (UnicodeEncodeError, ("encoding", "object", "reason")),
    )
)
"""How the interpreter's exceptions make their text, and the attributes besides the arguments that go into it."""
_PLAIN: Final = (str, bytes, int, float, bool, type(None))

_MOST_PARTS: Final = 12
_OF_A_FRAME: Final = 100

_HEADING: Final = "Traceback (most recent call last):"
_BECAUSE: Final = "The above exception was the direct cause of the following exception:"
_DURING: Final = "During handling of the above exception, another exception occurred:"

Frame = tuple[str, int, str]
"""A frame's file, line and function."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception's class, text and frames; holds neither the exception nor its frames' variables."""

    name: str
    message: str | None
    stack: tuple[str | tuple[Frame, ...], ...]
    """Frames from the first exception of the chain to the one that was logged, and what joins them."""

    @property
    def weight(self) -> int:
        """About how many bytes it keeps in memory; the names in its frames belong to the code."""
        return len(self.message or "") + sum(_OF_A_FRAME * len(part) for part in self.stack)

    def attributes(self) -> dict[str, str]:
        """The attributes that the conventions have for an exception. To be called on the sender's thread."""
        lines: list[str] = []
        for part in self.stack:
            if isinstance(part, str):
                lines.append(part)
            else:
                lines.append(_HEADING)
                lines.extend(f'  File "{file}", line {line}, in {function}' for file, line, function in part)
        attributes = {"exception.type": self.name}
        if lines:
            attributes["exception.stacktrace"] = cut("\n".join(lines))
        return attributes if self.message is None else attributes | {"exception.message": self.message}


def failure_of(error: Any) -> Failure | None:
    """Note an exception; None when it is none."""
    if not issubclass(type(error), BaseException):
        return None
    stack: list[str | tuple[Frame, ...]] = []
    link: BaseException | None = error
    for _ in range(MAX_LINKS):
        if link is None:
            break
        if frames := _frames(_TRACEBACK(link)):
            stack.append(frames)
        before = _CAUSE(link)
        joint = _DURING if before is None else _BECAUSE
        if before is None and not _SILENT(link):
            before = _CONTEXT(link)
        if before is not None:
            stack.append(joint)
        link = before
    return Failure(name_of(type(error)), text_of(error), tuple(reversed(stack)))


def name_of(kind: type[BaseException]) -> str:
    """A class' dotted name; a builtin's without its module."""
    module, name = _MODULE(kind), _NAME(kind)
    return name if type(module) is not str or module == "builtins" else f"{module}.{name}"


def text_of(error: BaseException) -> str | None:
    """What ``str`` would give, where the interpreter itself makes it from plain arguments."""
    arguments = _ARGUMENTS(error)
    spaces = (_SPACE(kind) for kind in _LINEAGE(type(error)))
    speak = next(space["__str__"] for space in spaces if "__str__" in space)
    for own, made_of in _OWN_TEXTS:
        if own is speak and _are_plain((*arguments, *(part(error) for part in made_of))):
            return cut(str(own(error)))
    first = arguments[0] if arguments else None
    return cut(first) if type(first) is str else None


def _are_plain(parts: tuple[Any, ...]) -> bool:
    return len(parts) <= _MOST_PARTS and all(
        type(part) in _PLAIN and (type(part) not in (str, bytes) or len(part) <= LONGEST) for part in parts
    )


def _frames(traceback: TracebackType | None) -> tuple[Frame, ...]:
    """Frames from the outermost to the innermost; of many, the innermost."""
    frames: list[Frame] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return tuple(frames[-MAX_FRAMES:])
