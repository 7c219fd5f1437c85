"""Finds planted texts in what a sink received, however they were written down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from telemetry.testing.forms import SHORTEST_FRAGMENT, forms, fragments, telling
from telemetry.testing.haystack import Haystack, Reading, haystack, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from telemetry.testing.sink import Received

_AROUND: Final = 20
_MASK: Final = "█"
# What eight bytes make of base64's characters at any alignment, without those that neighbours have a part in.
_ENCODED_FRAGMENT: Final = 10


@dataclass(frozen=True)
class Hit:
    """Where a text was found, in which form, and what stands around it, planted texts masked."""

    label: str
    form: str
    place: str
    offset: int
    around: str

    def __str__(self) -> str:
        """One line for people; what was planted stands nowhere in it."""
        return f"{self.label}: {self.form} in the {self.place} at {self.offset}: {self.around}"


def find(canary: str, requests: Sequence[Received]) -> list[Hit]:
    """Every form of a text that stands in a body (raw and decoded), a header or a path of any request."""
    return find_all({"canary": canary}, requests)


def seen(canary: str, requests: Sequence[Received]) -> list[str]:
    """What ``find`` found, each in one line for people."""
    return [str(hit) for hit in find(canary, requests)]


def find_all(
    planted: Mapping[str, str], requests: Iterable[Received], tenants: Iterable[str] = ()
) -> list[Hit]:
    """Every planted text by its label, in any form; and tenants' ids, in any form or as words of their own."""
    named = {f"tenant {number}": tenant for number, tenant in enumerate(tenants, 1)}
    secrets = (*planted.values(), *named.values())
    hits: list[Hit] = []
    for request in requests:
        for place, hay in _places(request, secrets):
            found = [
                (label, finding)
                for search, texts in ((_search, planted), (_search_tenant, named))
                for label, text in texts.items()
                for finding in search(text, hay)
            ]
            hits.extend(
                Hit(label, finding.form, place, finding.at, _around(finding, secrets))
                for label, finding in found
            )
    return hits


class _Finding(NamedTuple):
    form: str
    reading: Reading
    at: int
    length: int


@lru_cache(maxsize=1024)
def _needles(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The forms of a text: as they are, and those that may differ in case, in lower case."""
    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    for form, written in forms(text).items():
        for needle in written:
            exact.setdefault(needle, form)
            if not form.startswith("base64"):
                folded.setdefault(
                    needle.casefold(), "case-folded" if form == "raw" else f"{form}, other case"
                )
    return {needle: form for needle, form in exact.items() if needle}, folded


def _search(text: str, hay: Haystack) -> list[_Finding]:
    exact, folded = _needles(text)
    hits = list(_occurrences(exact, hay.exact))
    if not hits:
        hits = list(_occurrences(folded, hay.folded))
    if not hits:
        for reading in hay.decoded:
            hits.extend(_occurrences({text.casefold(): reading.how}, reading))
    if not hits and len(words(text)) > SHORTEST_FRAGMENT:
        for reading in hay.words:
            hits.extend(_occurrences({words(text): "its words"}, reading))
    return hits or _search_fragments(text, hay)


def _occurrences(needles: Mapping[str, str], reading: Reading) -> Iterator[_Finding]:
    """The first occurrence of each."""
    for needle, form in needles.items():
        at = reading.text.find(needle)
        if at >= 0:
            yield _Finding(form, reading, at, len(needle))


def _search_fragments(text: str, hay: Haystack) -> list[_Finding]:
    """The first piece of a text that says something by itself."""
    for reading in (hay.folded, *hay.decoded):
        for fragment in fragments(text):
            at = reading.text.find(fragment)
            if at >= 0:
                length = _grown(text.casefold(), fragment, reading.text, at)
                return [_Finding(f"a fragment of {length} characters", reading, at, length)]
    for window, form in _encoded_windows(text):
        reading = hay.exact if form.startswith("base64") else hay.folded
        at = reading.text.find(window)
        if at >= 0:
            return [_Finding(f"a fragment in {form}", reading, at, len(window))]
    return []


def _grown(text: str, fragment: str, within: str, at: int) -> int:
    """How far the text goes on where its fragment was found, so that none of it is shown."""
    first = text.find(fragment)
    length = len(fragment)
    while within[at + length : at + length + 1] == text[first + length : first + length + 1] != "":
        length += 1
    return length


@lru_cache(maxsize=1024)
def _encoded_windows(text: str) -> tuple[tuple[str, str], ...]:
    """Pieces of the encoded forms that are as telling as a fragment."""
    found: dict[str, str] = {}
    for form, written in forms(telling(text)).items():
        size = _ENCODED_FRAGMENT if form.startswith("base64") else 2 * SHORTEST_FRAGMENT
        if form == "hex" or form.startswith("base64"):
            step = 2 if form == "hex" else 1
            for needle in written:
                for at in range(0, len(needle) - size + 1, step):
                    found.setdefault(needle[at : at + size], form)
    return tuple(found.items())


def _search_tenant(tenant: str, hay: Haystack) -> list[_Finding]:
    """A tenant's id as whole words; one that is long enough not to stand there by chance in any form."""
    pattern = _whole_word(tenant.casefold())
    for reading in (hay.folded, *hay.decoded):
        match = pattern.search(reading.text)
        if match:
            return [_Finding("a word of its own", reading, match.start(), len(tenant))]
    return _search(tenant, hay) if len(tenant) >= SHORTEST_FRAGMENT else []


@lru_cache(maxsize=1024)
def _whole_word(text: str) -> re.Pattern[str]:
    # An underscore separates: `db_acme` holds acme.
    return re.compile(rf"(?<![^\W_]){re.escape(text)}(?![^\W_])")


def _around(finding: _Finding, secrets: Iterable[str]) -> str:
    """What stands on both sides, every planted text masked, this one and others."""
    text, start, end = finding.reading.text, finding.at, finding.at + finding.length
    hidden = [(start, end), *_hidden(text, start, end, secrets)]
    return _shown(text, max(0, start - _AROUND), min(len(text), end + _AROUND), hidden)


def _hidden(text: str, start: int, end: int, secrets: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where planted texts, or pieces of them, stand in what surrounds a part of a text."""
    for secret in secrets:
        pieces = _pieces(secret)
        # Far enough around for a whole text that reaches into what is shown.
        reach = _AROUND + max(map(len, pieces))
        low = max(0, start - reach)
        near = text[low : end + reach]
        for piece in pieces:
            at = near.find(piece)
            while at >= 0:
                yield low + at, low + at + len(piece)
                at = near.find(piece, at + 1)


@lru_cache(maxsize=1024)
def _pieces(secret: str) -> frozenset[str]:
    """All that could tell something of a text."""
    exact, folded = _needles(secret)
    windows = (window for window, _ in _encoded_windows(secret))
    # A text of few letters makes words that say nothing, such as a space alone.
    spelled = (words(secret),) if len(words(secret)) > SHORTEST_FRAGMENT else ()
    return frozenset((*exact, *folded, *spelled, *fragments(secret), *windows))


def _shown(text: str, first: int, last: int, hidden: Iterable[tuple[int, int]]) -> str:
    """A part of a text, with one mask for whatever is hidden in a row: not even its length is told."""
    masked = {at for low, high in hidden for at in range(max(first, low), min(last, high))}
    marked = "".join(_MASK if at in masked else text[at] for at in range(first, last))
    parts = re.findall(rf"{_MASK}+|[^{_MASK}]+", marked)
    return "".join(_MASK if part.startswith(_MASK) else ascii(part)[1:-1] for part in parts)


def _places(request: Received, secrets: Iterable[str]) -> list[tuple[str, Haystack]]:
    headers = "\n".join(f"{key}: {value}" for key, value in request.headers.items())
    route = _shown(
        request.route, 0, len(request.route), _hidden(request.route, 0, len(request.route), secrets)
    )
    return [
        (f"{place} of {route}", haystack(data))
        for place, data in (
            ("path", request.path.encode(errors="surrogateescape")),
            ("headers", headers.encode(errors="surrogateescape")),
            ("body", request.body),
            *((("raw body", request.raw),) if request.raw != request.body else ()),
        )
    ]
