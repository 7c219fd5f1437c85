"""A template of a message: literal text around holes, and where a message puts its data in them.

Matching is by hand instead of by regular expression: each literal is looked for once from the left and once
from the right, so no message can make it slow, and the two passes tell whether there is only one way.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DATA: Final = "data"
"""The kind of a hole of which nothing is known."""
_KIND: Final = re.compile(r"\{([a-z]+)\}")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_CLASS: Final = 20
"""Literal characters that the name of a class counts for: whoever names one speaks first."""
_CLASSES: Final = frozenset({"class", "error"})
_PREFIX: Final = 2
"""Characters of the first literal by which templates are sorted into drawers."""


class Template:
    """Literal parts with a hole between each two of them.

    Attributes:
        parts: the literals; the first and the last may be empty.
        kinds: what each hole is for, by the names in places.py.
        said: whether it stands where programs speak: raised, logged, returned by ``__str__``.
        vetted: whether it was checked by hand, so that holes don't make it weak: one of the catalogue.
        whose: the classes of exceptions whose own message this is; for others its safe places are data.
        size: literal characters; the measure by which one template wins over another.
        letters: literal letters.
        words: literal words.

    """

    __slots__ = ("kinds", "letters", "longest", "parts", "said", "size", "vetted", "whose", "words")

    def __init__(
        self,
        parts: tuple[str, ...],
        kinds: tuple[str, ...] | None = None,
        *,
        said: bool = False,
        vetted: bool = False,
        whose: frozenset[str] = frozenset(),
    ) -> None:
        self.parts = parts
        self.kinds = kinds if kinds is not None else (DATA,) * (len(parts) - 1)
        self.said = said
        self.vetted = vetted
        self.whose = whose
        self.size = sum(map(len, parts)) + _CLASS * bool(_CLASSES.intersection(self.kinds))
        words = [_LETTERS.findall(part) for part in parts]
        self.words = sum(map(len, words))
        self.longest = max(sum(map(len, found)) for found in words)
        """Letters of the part that has most of them."""
        self.letters = sum(len(word) for found in words for word in found)

    def match(self, text: str) -> Match | None:
        """Where a whole text puts its data; None when it is not made from this template."""
        parts = self.parts
        first, last = parts[0], parts[-1]
        if len(parts) == 1:
            return Match(self, (), certain=True) if text == first else None
        start, end = len(first), len(text) - len(last)
        if start > end or not text.startswith(first) or not text.endswith(last):
            return None
        middle = parts[1:-1]
        places: list[int] = []
        at = start
        for part in middle:
            place = text.find(part, at, end)
            if place < 0:
                return None
            places.append(place)
            at = place + len(part)
        certain = True
        until = end
        for part, place in zip(reversed(middle), reversed(places), strict=True):
            if text.rfind(part, place, until) != place:
                certain = False
                break
            until = place
        holes: list[str] = []
        at = start
        for part, place in zip(middle, places, strict=True):
            holes.append(text[at:place])
            at = place + len(part)
        holes.append(text[at:end])
        return Match(self, tuple(holes), certain=certain)

    def filled(self, holes: Iterable[str]) -> str:
        """The text with something in each hole."""
        return self.parts[0] + "".join(hole + part for hole, part in zip(holes, self.parts[1:], strict=True))


class Match(NamedTuple):
    """A text taken apart. ``certain`` when there is no other way to take it apart by the same template."""

    template: Template
    holes: tuple[str, ...]
    certain: bool


class TemplateIndex:
    """Templates that are asked together, in drawers by how they begin."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._whole: dict[str, Template] = {}
        self._drawers: dict[str, list[Template]] = defaultdict(list)
        for template in templates:
            if len(template.parts) == 1:
                known = self._whole.get(template.parts[0])
                if known is None or template.said:
                    self._whole[template.parts[0]] = template
            else:
                first = template.parts[0]
                self._drawers[first[:_PREFIX] if len(first) >= _PREFIX else ""].append(template)
        for drawer in self._drawers.values():
            drawer.sort(key=lambda template: (-template.size, len(template.parts), not template.said))

    def matches(self, text: str) -> Iterator[Match]:
        """How templates take a whole text apart, those with the most literal characters first."""
        whole = self._whole.get(text)
        if whole is not None:
            yield Match(whole, (), certain=True)
        found = [
            match
            for drawer in {text[:_PREFIX], ""}
            for template in self._drawers.get(drawer, ())
            if (match := template.match(text)) is not None
        ]
        found.sort(key=lambda match: (-match.template.size, len(match.holes), not match.template.said))
        yield from found

    def __len__(self) -> int:
        return len(self._whole) + sum(map(len, self._drawers.values()))


def parse(text: str, *, whose: frozenset[str] = frozenset()) -> Template:
    """A template from its written form, such as ``no such table: {name}``; there are no escapes."""
    pieces = _KIND.split(text)
    return Template(tuple(pieces[::2]), tuple(pieces[1::2]), said=True, vetted=True, whose=whose)
