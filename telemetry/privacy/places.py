"""What may stay in a hole: each kind of place with the look of what it accepts. Everything else is data.

Some kinds are closed vocabularies and can't hold what a person said. Names are open: a name has to look
like an identifier, has to stand in a message of the exception's own library, and may be checked by the
caller against the program's own names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# A name may be dotted, and Python puts <locals> and <lambda> into those of inner functions.
_WORD: Final = (
    r"(?:[A-Za-z_][A-Za-z0-9_]{0,62}|<lambda>)(?:\.(?:[A-Za-z_][A-Za-z0-9_]{0,62}|<lambda>|<locals>)){0,8}"
)
_NAME: Final = re.compile(_WORD)
_NAMES: Final = re.compile(rf"'?{_WORD}'?(?:(?:, and |, | and )'?{_WORD}'?){{0,20}}")
_COLUMNS: Final = re.compile(rf"\({_WORD}(?:, {_WORD}){{0,20}}\)")
_PATH: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.(?:[A-Za-z_][A-Za-z0-9_]{0,62}|\d{1,6})){0,12}")
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,6}|[0-9]{1,4}\.[0-9]{1,3})"
    r"(?: ?(?:ns|us|µs|ms|s|secs?|seconds?|min|minutes?|h|hours?|days?|B|[kKMG]i?B|bytes?|%))?"
)

CLOSED: Final[dict[str, re.Pattern[str]]] = {
    "number": _NUMBER,
    "operator": re.compile(
        r"[-+*/%<>=!@&|^~]{1,3}|[-+*/%@&|^<>]{1,2}=|\*\* or pow\(\)|\*\*= or pow\(\)|divmod\(\)"
    ),
    "codec": re.compile(
        r"utf-(?:8|16|32)(?:-sig|-le|-be)?|ascii|latin-1|iso8859-\d{1,2}|charmap|cp\d{3,4}|idna|punycode"
    ),
    "host": re.compile(r"localhost|127\.0\.0\.1|::1|0\.0\.0\.0|::"),
    "link": re.compile(r"[a-z0-9]{2,4}"),
    "version": re.compile(r"\d{1,3}(?:\.\d{1,3}){0,2}"),
    "tls": re.compile(
        r"SSL|X509|PEM|CERTIFICATE_VERIFY_FAILED|WRONG_VERSION_NUMBER|UNEXPECTED_EOF_WHILE_READING|EOF_OCCURRED|"
        r"UNSUPPORTED_PROTOCOL|RECORD_LAYER_FAILURE|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNKNOWN_PROTOCOL|NO_START_LINE|"
        r"NO_SHARED_CIPHER|NO_CIPHERS_AVAILABLE|DH_KEY_TOO_SMALL|EE_KEY_TOO_SMALL|CA_MD_TOO_WEAK|KEY_VALUES_MISMATCH|"
        r"UNSAFE_LEGACY_RENEGOTIATION_DISABLED|DECRYPTION_FAILED_OR_BAD_RECORD_MAC|INVALID_ALERT|BAD_DECRYPT|"
        r"(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_[A-Z]{2,12}(?:_[A-Z]{2,12}){0,3}|UNRECOGNIZED_NAME)"
    ),
    "type": re.compile(
        r"(?:big|small)?int(?:eger)?|smallint|numeric|real|double precision|boolean|uuid|jsonb?|bytea|text|date|"
        r"character(?: varying)?(?:\(\d{1,6}\))?|timestamp with(?:out)? time zone|interval|vector|inet"
    ),
    "word": re.compile(
        r"List|Tuple|Set|Frozenset|Dictionary|Deque|Generator|Mapping|Sequence|Iterable|Value|Counter|String|Data|integer|float|boolean|UUID"
    ),
    "pool": re.compile(r"HTTPS?Connection(?:Pool)?"),
    "status": re.compile(r"[1-5][0-9]{2}"),
}
"""Kinds that hold a word of a closed vocabulary; a hosts' kind knows this machine's own addresses only."""

OPEN: Final[dict[str, re.Pattern[str]]] = {
    "name": _NAME,
    "names": _NAMES,
    "columns": _COLUMNS,
    "error": re.compile(r"[A-Z][A-Za-z]{2,60}(?:Error|Exception|Timeout|Warning)"),
    "missing": _NAME,
    "path": _PATH,
}
"""Kinds that hold identifiers, and are data unless the message is the library's own."""

REQUIRED: Final = frozenset({"class", "error", "path", "pool", "status"})
"""Kinds without which the template doesn't match at all: there is no other sign that it is one."""

_GLUE: Final = frozenset({"and", "lambda", "locals"})

CHECKED: Final = frozenset({"missing", "path"})
"""Open kinds that may just as well hold a person's words, such as a column that no table has because somebody
forgot the quotes around a value: they stay only where the caller knows the names."""

WORDS: Final = frozenset({"data", "content", "message", "sql", "class"})
"""Kinds that messages.py knows how to read: see there."""

_SQL: Final = re.compile(
    r"(?i)\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|"
    r"EXPLAIN|TRUNCATE|SET|SHOW|CALL|COPY|LOCK|ANALYZE|VACUUM)\b"
)


def is_number(text: str) -> bool:
    """Whether a text is a number of up to six digits, perhaps with a unit: a count, a port, a duration."""
    return _NUMBER.fullmatch(text) is not None


def is_statement(text: str) -> bool:
    """Whether a text begins as SQL does."""
    return _SQL.match(text) is not None


def is_closed(kind: str, text: str) -> bool:
    """Whether a text is a word of a kind's closed vocabulary."""
    pattern = CLOSED.get(kind)
    return pattern is not None and pattern.fullmatch(text) is not None


def is_line(kind: str) -> bool:
    """Whether a kind of place never holds more than one line."""
    return kind in CLOSED or kind in OPEN


def is_shaped(kind: str, text: str) -> bool:
    """Whether a text looks as its kind does, so that it can't have swallowed the literal behind it."""
    pattern = _NAME if kind == "class" else CLOSED.get(kind) or OPEN.get(kind)
    return pattern is not None and pattern.fullmatch(text) is not None


def is_named(kind: str, text: str, knows: Callable[[str], bool] | None) -> bool:
    """Whether a text has the look of an open kind, and each of its words is known where somebody can tell."""
    pattern = OPEN.get(kind)
    if pattern is None or pattern.fullmatch(text) is None or (knows is None and kind in CHECKED):
        return False
    return knows is None or all(
        knows(word) for word in re.findall(r"[A-Za-z_]\w*", text) if word not in _GLUE
    )
