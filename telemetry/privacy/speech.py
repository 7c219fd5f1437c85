"""Collects what a syntax tree says: the strings that may become messages, and whether they are spoken.

A string is spoken when it stands where programs speak: in a raise, a logging call, an exception's or a
span's arguments, in ``__str__``, under a name such as ``message``. Spoken strings may be short; of all
others, only those count that nobody says by chance.
"""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING, Final

from telemetry.privacy.pieces import holes_of, is_format, percented, pieces_of
from telemetry.privacy.placeholders import Pieces, brace_pieces, percent_pieces
from telemetry.privacy.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_LITERAL: Final = 2_000
MAX_TEMPLATES: Final = 8_000
"""Templates of one file."""

_SPEAKERS: Final = frozenset(
    [
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "fatal",
        "log",
        "add_note",
        "fail",
        "abort",
        "exit",
        "_",
        "gettext",
        "ngettext",
        "start_span",
        "start_as_current_span",
        "start_active_span",
        "add_event",
        "update_name",
        "set_status",
        "set_description",
        "capture_message",
        "add_breadcrumb",
        "traced",
        "span",
        "event",
        "__init__",
    ]
)
_THROWN: Final = re.compile(r"(?:Error|Exception|Warning|Exit|Interrupt|Fault|Failure|Invalid\w*|NotFound)$")
_MESSAGE: Final = re.compile(
    r"(?i)(?:^|_)(?:e?msg|message|err|error|errmsg|detail|details|reason|description|note|hint|format|fmt|template)s?$"
)
# Names, keys and comparisons are no speech, even inside a raise.
_SILENT: Final = (ast.Subscript, ast.Compare, ast.Lambda, ast.FormattedValue)
_LEAVES: Final = (ast.Name, ast.Pass, ast.Import, ast.ImportFrom, ast.Global, ast.expr_context, ast.operator)
_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


class Collector:
    """Reads syntax trees and keeps their templates."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], bool] = {}
        self._local: dict[str, Pieces] = {}

    def read(self, tree: ast.Module) -> None:
        """Read one more piece of a file."""
        try:
            self._visit(tree, said=False, returning=False)
        except RecursionError:  # an expression nested a thousand deep
            return

    def templates(self) -> Iterator[Template]:
        """What was collected, without what says too little to be told from data."""
        for parts, said in self._found.items():
            template = Template(parts, said=said)
            if is_telling(template):
                yield template

    def plain(self, text: str, *, said: bool) -> None:
        """A string that stands alone: it may be the whole message, or be formatted somewhere else."""
        self._keep([text], said=said)
        if "%" in text:
            self._keep(percent_pieces(text), said=said)
        if "{" in text:
            self._keep(brace_pieces(text), said=said)

    def _keep(self, pieces: Sequence[str | None], *, said: bool) -> None:
        parts = [""]
        hole = False
        for piece in pieces:
            if piece is None:
                hole = True
            elif hole and piece:
                parts.append(piece)
                hole = False
            else:
                parts[-1] += piece
        if hole:
            parts.append("")
        key = tuple(parts)
        if any(key) and sum(map(len, key)) <= MAX_LITERAL and (len(self._found) < MAX_TEMPLATES or said):
            self._found[key] = self._found.get(key, False) or said

    # --- The tree -------------------------------------------------------------------------------------------

    def _visit(self, node: ast.AST, *, said: bool, returning: bool) -> None:
        if isinstance(node, _LEAVES):
            return
        if isinstance(node, ast.expr):
            self._expression(node, said=said)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        elif isinstance(node, _DEFINITIONS):
            self._local = {}
            speaks = node.name in ("__str__", "__repr__") or bool(_MESSAGE.search(node.name))
            self._children(node, said=False, returning=speaks)
        elif isinstance(node, ast.Return) and node.value is not None:
            self._expression(node.value, said=returning)
        elif isinstance(node, ast.Raise) and node.exc is not None:
            self._expression(node.exc, said=True)
        elif isinstance(node, ast.Assert):
            self._children(node, said=False, returning=False)
            if node.msg is not None:
                self._expression(node.msg, said=True)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            self._assignment(node, node.value)
        else:
            self._children(node, said=said, returning=returning)

    def _children(self, node: ast.AST, *, said: bool, returning: bool) -> None:
        for field in node._fields:
            value = getattr(node, field, None)
            if type(value) is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self._visit(item, said=said, returning=returning)
            elif isinstance(value, ast.AST):
                self._visit(value, said=said, returning=returning)

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, value: ast.expr) -> None:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = target.id if isinstance(target, ast.Name) else ""
        attribute = target.attr if isinstance(target, ast.Attribute) else name
        said = bool(_MESSAGE.search(attribute))
        self._expression(value, said=said)
        pieces = pieces_of(value)
        if not isinstance(node, ast.AugAssign):
            self._local.pop(name, None)
            if name and any(pieces):
                self._local[name] = pieces
        elif isinstance(node.op, ast.Add) and name in self._local and len(self._local[name]) < 64:
            self._local[name] = self._local[name] + pieces
            self._keep(self._local[name], said=said)

    def _expression(self, node: ast.expr, *, said: bool) -> None:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                self.plain(node.value, said=said)
            return
        if isinstance(node, _SILENT):
            said = False
        if isinstance(node, ast.JoinedStr | ast.BinOp) or is_format(node):
            pieces = pieces_of(node)
            if any(pieces):
                self._keep(pieces, said=said)
                for inner in holes_of(node):
                    self._expression(inner, said=False)
                if isinstance(node, ast.BinOp):
                    # Its parts may be used apart: logging takes a format whose arguments come later.
                    self._keep(percented(pieces), said=said)
                return
        if isinstance(node, ast.Call):
            self._call(node, said=said)
            return
        if isinstance(node, ast.Attribute):
            if not isinstance(node.value, ast.Constant):  # the separator of a join says nothing
                self._expression(node.value, said=False)
            return
        self._children(node, said=said, returning=False)

    def _call(self, node: ast.Call, *, said: bool) -> None:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name == "dedent" and node.args and isinstance(node.args[0], ast.Constant):
            text = node.args[0].value
            if isinstance(text, str):
                text = textwrap.dedent(text)
                self.plain(text, said=said)
                self.plain(text.strip(), said=said)
        said = said or name in _SPEAKERS or bool(_THROWN.search(name))
        self._expression(function, said=False)
        for argument in node.args:
            self._expression(argument, said=said)
        for keyword in node.keywords:
            self._expression(keyword.value, said=said or bool(keyword.arg and _MESSAGE.search(keyword.arg)))


def is_telling(template: Template) -> bool:
    """Whether a template says enough to be told from what somebody else may say.

    A spoken string without holes always does. With holes there have to be four letters in one literal, or
    ``{}: {}`` would take anything; and strings that nobody is seen to speak need two words, of eight letters
    with holes and twelve characters without: a person's whole message may well be ``yes`` or ``red``.
    """
    if len(template.parts) == 1:
        return template.said or (template.words >= 2 and template.size >= 12)
    return template.longest >= 4 and (template.said or (template.letters >= 8 and template.words >= 2))
