"""What an expression in a syntax tree makes a string of: its literals in order, and its holes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from telemetry.privacy.placeholders import Pieces, brace_pieces, percent_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_format(node: ast.expr) -> bool:
    """Whether an expression calls ``.format``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("format", "format_map")
    )


def pieces_of(node: ast.expr, depth: int = 0) -> Pieces:
    """The literals and holes of an expression that makes a string; one hole when it can't be seen."""
    if depth > 60:
        return [None]
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else [None]
    if isinstance(node, ast.JoinedStr):
        return [piece for value in node.values for piece in pieces_of(value, depth + 1)]
    if isinstance(node, ast.BinOp):
        left = pieces_of(node.left, depth + 1)
        if isinstance(node.op, ast.Add):
            return left + pieces_of(node.right, depth + 1)
        return percented(left) if isinstance(node.op, ast.Mod) and any(left) else [None]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = pieces_of(node.func.value, depth + 1)
        if is_format(node) and any(inner):
            return [split for piece in inner for split in ([None] if piece is None else brace_pieces(piece))]
    return [None]


def percented(pieces: Pieces) -> Pieces:
    """The pieces of a text that the ``%`` operator will be applied to."""
    return [split for piece in pieces for split in ([None] if piece is None else percent_pieces(piece))]


def holes_of(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions that fill the holes of one that makes a string."""
    if isinstance(node, ast.JoinedStr):
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                yield value.value
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            if any(pieces_of(side)) and not isinstance(side, ast.Constant):
                yield from holes_of(side)
            elif not isinstance(side, ast.Constant):
                yield side
    elif isinstance(node, ast.Call):
        yield from node.args
        yield from (keyword.value for keyword in node.keywords)
