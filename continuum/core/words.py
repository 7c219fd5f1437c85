"""Words of a text, as recall and concepts see them."""

from __future__ import annotations

import re
import unicodedata

# Combining marks belong to the word before them, as in FTS5's unicode61 tokenizer.
_WORD = re.compile(r"[\w\u0300-\u036f]+")

_STOP_WORDS = """
    a about above after again all also am an and any are aren as at be because been before being below
    between both but by can could couldn d did didn do does doesn doing don down during each few for
    from further had hadn has hasn have haven having he her here hers herself him himself his how i if
    in into is isn it its itself just kind kinds let ll m many me might more most much must my myself no
    nor not now of off ok okay on once only or other our ours ourselves out over own please re s same
    shall she should shouldn so some such t than thank thanks that the their theirs them themselves then
    there these they this those through to too under until up us ve very was wasn we were weren what
    when where which while who whom why will with won would wouldn yes yet you your yours yourself
    yourselves
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def words(text: str) -> list[str]:
    """The words of a text in order, case-folded, in Unicode's composed form."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def telling_words(text: str) -> list[str]:
    """The distinct words that say something, in order; all of them when only stop words are there."""
    found = list(dict.fromkeys(words(text)))
    return [word for word in found if word not in STOP_WORDS] or found
