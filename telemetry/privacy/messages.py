"""Cleans messages: what stands as a literal in the code stays, and what was put into it becomes ``[data]``.

A message is compared with the templates of the catalogue and with those in the source of the code that
raised it; how, and what its holes may keep, stands in cleaning.py and places.py. This runs on the sender's
thread: the first message from a file costs tens of milliseconds, for reading it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telemetry.privacy.cleaning import Cleaning
from telemetry.privacy.lineage import lineage
from telemetry.privacy.placeholders import formatted
from telemetry.privacy.seals import DATA, cut, is_sealed, seal, unseal
from telemetry.privacy.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from telemetry.privacy.cleaning import Judge


_PASSES: Final = 4
"""Cleaning goes on until it changes nothing: whoever cleans the result again gets the same."""


def withhold(_hole: str) -> str | None:
    """The judge that lets nothing stay."""
    return None


class MessageCleaner:
    """Cleans messages, log records and names.

    Args:
        knows: whether a word is a name in the program. With it, identifiers that libraries put into their
            messages are checked; without it, their look decides, and paths into input data go.

    """

    def __init__(self, knows: Callable[[str], bool] | None = None) -> None:
        self._knows = knows

    def clean(
        self,
        message: str,
        *,
        exception: str | None = None,
        sources: Sequence[str] = (),
        judge: Judge = withhold,
    ) -> str:
        """A message without its data. Never raises, and changes nothing of what it returned before.

        Args:
            message: text of an exception, a note, a status.
            exception: the exception's dotted class name, such as ``sqlalchemy.exc.IntegrityError``.
            sources: files of the frames it came through, innermost first.
            judge: says what stands in place of a hole's text: that text itself, a marker, or None for
                ``[data]``.

        """
        names, files = lineage(exception)
        shelf = Shelf(sources, files)
        for _ in range(_PASSES):
            text = cut(seal(message)).strip()
            clean = unseal(Cleaning(shelf, judge, self._knows).text(text, names))
            if clean == message:
                return clean
            message = clean
        return unseal(DATA)

    def clean_log(
        self,
        template: str,
        arguments: Sequence[object] | Mapping[str, object] = (),
        *,
        sources: Sequence[str] = (),
        judge: Judge = withhold,
    ) -> str:
        """A log record's message, formatted without the data of its arguments.

        Args:
            template: ``record.msg``; kept where it is a literal of the file that logged it.
            arguments: ``record.args``, a tuple or a dictionary.
            sources: the file that logged it (``record.pathname``) first.
            judge: as for ``clean``; it sees arguments that are strings.

        """
        cleaning = Cleaning(Shelf(sources, ()), judge, self._knows)
        text = cleaning.text(cut(seal(template)).strip(), frozenset())
        return unseal(formatted(text, arguments, judge) if arguments else text)

    def clean_name(self, name: str, *, sources: Sequence[str] = ()) -> str:
        """A hand-made span's or event's name: literal in its tracer's module, or ``[data]``."""
        text = cut(seal(name)).strip()
        if not text or is_sealed(text):
            return unseal(text)
        for book in Shelf(sources, ()).books():
            for match in book.matches(text):
                return unseal(match.template.filled(DATA if hole else "" for hole in match.holes))
        return unseal(DATA)
