"""Decides whether a word is known: to the conventions, to the operator, or to the program's own code.

A shape says what a string may look like; a canary, a tenant's name or a surname can look like that too. In
the profile ``strict`` a string therefore has to be known besides. In ``balanced`` its shape is enough, and
``development`` differs from it in one thing: ids that were put into messages stay.
"""

from __future__ import annotations

import copy
import ipaddress
import re
from typing import TYPE_CHECKING, Final, Literal

from telemetry.privacy import policy, program, words
from telemetry.privacy.messages import MessageCleaner
from telemetry.privacy.redacting import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Profile = Literal["strict", "balanced", "development"]
PROFILES: Final = ("strict", "balanced", "development")

_MOST_REMEMBERED: Final = 16_384
_MOST_PASSED: Final = 4_096
_LONGEST_PASSED: Final = 120
_MOST_STATEMENTS: Final = 512
_LONGEST_STATEMENT: Final = 512
_WORD_IN_SQL: Final = re.compile(r"[A-Za-z_]\w*|\"\w*\"|`\w*`")
_FIRST_WORD: Final = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*[^*]{0,2000}\*/){0,50}([A-Za-z][A-Za-z.]{1,24})\b")
_THREAD_NUMBER: Final = re.compile(r"[-_ ]?\(?\d[\d_-]*\)?$")


class Vocabulary:
    """What is known in one process.

    Args:
        profile: how much has to be known.
        operator: hosts, database names, releases and other labels that stand in the process's environment.
        safe_keys: attribute keys that the operator calls safe.
        rules_off: ids of value rules that the operator switched off.

    """

    def __init__(
        self,
        profile: Profile = "strict",
        operator: Iterable[str] = (),
        safe_keys: Iterable[str] = (),
        rules_off: Iterable[str] = (),
    ) -> None:
        self.profile = profile
        self.strict = profile == "strict"
        self.safe_keys = frozenset(safe_keys)
        self.redact = Redactor(rules_off)
        """Replaces secrets and what names a person in a text."""
        self._operator = frozenset(operator)
        self._program = program.Program()
        self.messages = MessageCleaner(self._program.names)
        """Tells a message's own words from what was put into it."""
        self._routes: set[str] = set()
        self._known: set[tuple[str, str]] = set()
        self._sql: dict[str, str] = {}
        self.passed: set[tuple[str | None, str]] = set()
        """Short texts that passed every check as a shape, or as a function's name in a module, in ``strict``."""
        self.statements: dict[str, str] = {}
        """Templates of statements in which no rule acted."""
        self._by_shape: dict[str, Callable[[str], bool]] = {
            "word": self._enumeration,
            "error": lambda text: text.isdigit() or text in words.ENDS or program.has_class(text),
            "class": program.has_class,
            "identifier": self._identifier,
            "host": self._host,
            "kind": self._kind,
            "label": self._label,
            "logger": self._logger,
            "module": program.is_module,
            "name": self._name,
            "namespace": self._label,
            "route": self._route,
            "thread": self._thread,
        }

    def strictly(self) -> Vocabulary:
        """The same words, each of which has to be known whatever the profile; what is learned is shared.

        For what many requests had a part in: there is no content to compare it with.
        """
        if self.strict:
            return self
        twin = copy.copy(self)
        twin.profile, twin.strict = "strict", True
        twin._known, twin._sql = set(), {}  # noqa: SLF001  # a copy of itself
        twin.passed, twin.statements = set(), {}
        return twin

    def start_anew(self) -> None:
        """Go on with locks that nobody holds: in the child of a fork."""
        self._program.start_anew()

    def read_program(self) -> None:
        """Read the code that is loaded by now; the first unknown word would have it read otherwise."""
        self._program.read()

    def learn_routes(self, routes: Iterable[str]) -> None:
        """Route templates of an application that is being served."""
        self._routes.update(route for route in routes if len(self._routes) < _MOST_REMEMBERED)

    def learn_packages(self, packages: Iterable[str]) -> None:
        """Installed packages that are the application, not a library of it."""
        self._program.belongs(packages)

    def knows(self, shape: str, text: str) -> bool:
        """Whether a string that has a shape is known; shapes without a vocabulary need none."""
        if not self.strict or (shape, text) in self._known:
            return True
        decide = self._by_shape.get(shape)
        if decide is not None and not decide(text):
            return False
        if len(self._known) < _MOST_REMEMBERED:
            self._known.add((shape, text))
        return True

    def let_pass(self, shape: str, text: str) -> None:
        """Remember a text that passed; everything is forgotten when there is too much to remember."""
        if len(text) <= _LONGEST_PASSED:
            if len(self.passed) >= _MOST_PASSED:
                self.passed.clear()
            self.passed.add((shape, text))

    def keep_statement(self, statement: str, template: str) -> None:
        """Remember a statement's template, as ``let_pass`` does."""
        if len(statement) <= _LONGEST_STATEMENT:
            if len(self.statements) >= _MOST_STATEMENTS:
                self.statements.clear()
            self.statements[statement] = template

    def knows_key(self, key: str, module: str | None) -> bool:
        """Whether an attribute's key stands in the code that set it."""
        if not self.strict or ("key", key) in self._known:
            return True
        said = self._program.says(key) or (module is not None and key in program.words_of(module)[0])
        if said and len(self._known) < _MOST_REMEMBERED:
            self._known.add(("key", key))
        return said

    def is_statement(self, text: str) -> bool:
        """Whether a text begins like a statement of SQL or a command of Redis; prose seldom does."""
        verb = _FIRST_WORD.match(text)
        return verb is not None and (verb[1].upper() in words.VERBS or verb[1].upper() in words.REDIS)

    def known_sql(self, template: str) -> str:
        """A statement's template whose words are SQL's, the program's or Redis'; others become ``?``."""
        if not self.strict:
            return template
        if template in self._sql:
            return self._sql[template]
        known = _WORD_IN_SQL.sub(
            lambda match: match[0] if self._sql_word(match[0].strip('"`')) else "?", template
        )
        if len(self._sql) >= 2048:
            self._sql.clear()
        self._sql[template] = known
        return known

    def _sql_word(self, word: str) -> bool:
        upper = word.upper().rstrip("_")
        return upper in words.SQL or upper in words.REDIS or self._program.names(word)

    def _enumeration(self, text: str) -> bool:
        shared = text in words.ENUMERATIONS or text in words.REDIS or text.upper() in words.SQL
        own = text in words.ENDS or text in words.SIGNALS or text in policy.RULES
        return shared or own or self._program.says(text)

    def _identifier(self, text: str) -> bool:
        return (
            text in words.ENUMERATIONS
            or program.is_module(text)
            or program.has_class(text)
            or self._dotted(text)
        )

    def _dotted(self, text: str) -> bool:
        """``module.function``: the longest loaded module, and names of its code."""
        parts = text.split(".")
        for split in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:split])
            if program.is_module(module):
                return program.has_function(module, ".".join(parts[split:]))
        return self._program.says(text)

    def _host(self, text: str) -> bool:
        return text == "localhost" or _is_address(text) or text in self._operator or self._program.says(text)

    def _kind(self, text: str) -> bool:
        """A class' bare name: a builtin's, the program's, or one of a loaded library's."""
        return program.has_class(text) or self._program.names(text) or program.names_class(text)

    def _label(self, text: str) -> bool:
        return text in self._operator or self._program.says(text)

    def _logger(self, text: str) -> bool:
        return text in words.LOGGERS or program.is_module(text) or self._program.says(text)

    def _name(self, text: str) -> bool:
        return (
            text in words.SPAN_NAMES
            or text in words.EVENT_NAMES
            or text in words.ENUMERATIONS
            or text in words.PLACES
            or self._program.says(text)
        )

    def _route(self, text: str) -> bool:
        return text in self._routes or self._program.says(text)

    def _thread(self, text: str) -> bool:
        base = _THREAD_NUMBER.sub("", text)
        return base in words.THREADS or self._program.says(base)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
