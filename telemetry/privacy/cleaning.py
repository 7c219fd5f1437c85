"""Takes one message apart and puts it together again from what may stay.

Only whole templates are compared, and the one with the most literal characters wins. Any match is safe,
because what it keeps is the template's own text; what a hole keeps is up to its kind, see places.py. When
a message can be taken apart in more ways than one, only closed vocabularies and numbers stay in its holes.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from telemetry.privacy import catalogue, places, sql
from telemetry.privacy.lineage import find_class, lineage
from telemetry.privacy.seals import DATA, is_sealed, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry.privacy.shelf import Shelf
    from telemetry.privacy.templates import Match, Template, TemplateIndex

    Judge = Callable[[str], str | None]

MAX_DEPTH: Final = 6
"""Messages within messages."""
MAX_LINES: Final = 200

_SURE: Final = 16
"""Letters of a spoken template that end the search: files further out are not read for a better one."""
_NESTED: Final = 8
"""Letters, in two words at least, of a template that is believed inside a hole of data."""
_LOOKS: Final = 400
"""Comparisons for one message: an end for messages made to nest."""


class Cleaning:
    """One message on its way: ``names`` are those of the exception's classes, for what may be trusted."""

    def __init__(self, shelf: Shelf, judge: Judge, knows: Callable[[str], bool] | None) -> None:
        self._shelf = shelf
        self._judge = judge
        self._knows = knows
        self._looks = 0

    def text(self, text: str, names: frozenset[str]) -> str:
        """A whole sealed message."""
        found = self._whole_or_lines(text, names, 0)
        if found is None:  # all of it is one hole
            judged = self._judge(unseal(text))
            found = DATA if judged is None else seal(judged)
        return found

    def _lines(
        self, text: str, names: frozenset[str], depth: int, among: list[TemplateIndex] | None = None
    ) -> str:
        lines = text.split("\n")
        kept: list[str] = []
        for line in lines[:MAX_LINES]:
            bare = line.strip(" \t")
            indent = line[: line.index(bare)] if bare else ""
            found = self._whole(bare, names, depth, among)
            clean = DATA if found is None else indent + found
            if clean != DATA or kept[-1:] != [DATA]:
                kept.append(clean)
        if len(lines) > MAX_LINES and kept[-1] != DATA:
            kept.append(DATA)
        return "\n".join(kept)

    def _whole(
        self, text: str, names: frozenset[str], depth: int, among: list[TemplateIndex] | None = None
    ) -> str | None:
        """A text that is made from one template, cleaned; None when no template fits."""
        if not text or is_sealed(text):
            return text
        self._looks += 1
        if depth > MAX_DEPTH or self._looks > _LOOKS:
            return None
        best: str | None = None
        size = -1
        seen: list[TemplateIndex] = []
        for book in chain((catalogue.index(),), self._shelf.books() if among is None else among):
            seen.append(book)
            for match in book.matches(text):
                template = match.template
                if template.size <= size:
                    break
                if among is not None and not _believed(template):
                    continue
                clean = self._filled(match, names, depth, seen)
                if clean is not None:
                    best, size = clean, template.size
                    if template.said and template.letters >= _SURE:
                        return best
                    break
        return best

    def _filled(
        self, match: Match, names: frozenset[str], depth: int, seen: list[TemplateIndex]
    ) -> str | None:
        """A match with what may stay in its holes; None when a hole shows that it is no such message."""
        template, holes = match.template, match.holes
        typed = list(zip(template.kinds, holes, strict=True))
        if any("\n" in hole and places.is_line(kind) for kind, hole in typed):
            return None
        certain = match.certain or all(places.is_shaped(kind, hole) for kind, hole in typed[:-1])
        own = certain and (not template.whose or not template.whose.isdisjoint(names))
        inner = names if certain else frozenset()
        evident = template.longest >= (3 if template.vetted else 4) or not typed
        for kind, hole in typed:
            if kind not in places.REQUIRED:
                continue
            if kind == "class":
                if find_class(hole) is None:
                    return None
                inner = lineage(hole)[0] if certain else inner
            elif not places.is_closed(kind, hole) and not (own and places.is_named(kind, hole, self._knows)):
                return None
            evident = True
        filled: list[str] = []
        for kind, hole in typed:
            clean = self._place(kind, hole, inner, depth, own=own)
            if clean is None and certain and kind != "content":
                judged = self._judge(unseal(hole))
                clean = None if judged is None else seal(judged)
            if clean is None and kind == "data":
                clean = self._whole_or_lines(hole, frozenset(), depth + 1, seen[1:])
            evident = evident or (kind == "message" and clean is not None and not is_sealed(clean))
            filled.append(DATA if clean is None else clean)
        return template.filled(filled) if evident else None

    def _place(self, kind: str, hole: str, names: frozenset[str], depth: int, *, own: bool) -> str | None:
        """What a kind of place keeps of its hole; None when that is data."""
        if not hole or is_sealed(hole) or kind in places.REQUIRED or places.is_closed(kind, hole):
            return hole
        if kind == "content":
            return None
        if kind == "sql":
            return _statement(hole) if own and places.is_statement(hole) else None
        if places.is_number(hole) or (own and places.is_named(kind, hole, self._knows)):
            return hole
        return self._whole_or_lines(hole, names, depth + 1) if kind == "message" else None

    def _whole_or_lines(
        self, text: str, names: frozenset[str], depth: int, among: list[TemplateIndex] | None = None
    ) -> str | None:
        """A message in another. ``among`` marks a hole of data: what is found there has to say enough."""
        found = self._whole(text, names, depth, among)
        if found is None and "\n" in text and depth <= MAX_DEPTH:
            found = self._lines(text, names, depth, among)
        return found


def _believed(template: Template) -> bool:
    """Whether a template inside a hole of data says more than a person might by chance."""
    if template.vetted and len(template.parts) > 1:
        return template.longest >= 4
    return template.said and template.letters >= _NESTED and template.words >= 2


def _statement(text: str) -> str:
    """A statement's template, as far as nothing was removed from it: a literal may have begun there."""
    for place, character in enumerate(text):
        if is_sealed(character):
            return sql.template(text[:place]) + DATA
    return sql.template(text)
