"""How sensitive data is removed: pure functions over plain values, total and bounded.

Nothing here calls code of the application: values of types that telemetry doesn't know are replaced, never
converted, because a ``__str__`` may do anything. What was replaced is a marker, ``[redacted:RULE]``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from telemetry.privacy import policy, program, sql, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from telemetry.privacy.content import Content
    from telemetry.privacy.vocabulary import Vocabulary


_LONGEST_SHAPED = 512
_CUTS = 8
"""Markers may be longer than what they replace, so that a cut text grows; more cuts than this is made up."""
_KEY_SHAPE = re.compile(r"[A-Za-z_][\w.:/-]{0,119}")
_URL = re.compile(
    r"(https?|wss?|redis|postgresql)://(?:[^/@\s]{0,256}@)?([A-Za-z0-9.-]{1,253}(?::\d{1,5})?)(/?)"
)
# A member of an exception group is drawn with bars in front of it.
_FRAME = re.compile(r'[ |]{2,60}File "([^"\n]{1,500})", line (\d{1,7}), in ([\w<>.]{1,100})')
_STRUCTURE = frozenset(
    {
        "Traceback (most recent call last):",
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    }
)
_SOMEBODY = re.compile(r"(?i)tenant|user|customer|client|account|organi[sz]ation|patient|person|member")
_DATA = "[data]"
# What an attribute's string or number needs to be asked at first; keys that never leave are in neither.
_SHAPE_OF = {key: shape for key, shape in policy.SAFE_KEYS.items() if key not in policy.DROPPED_KEYS}
_NUMBERS = words.NUMERIC_KEYS - policy.DROPPED_KEYS
# What looks like a token or an id rather than a word: letters and digits mixed, or very long.
_OPAQUE = re.compile(r"(?=\w*\d)(?=\w*[A-Za-z])\w{8,}|\w{32,}")


def marker(rule: str) -> str:
    """What stands in the place of something that a rule removed."""
    return f"[redacted:{rule}]"


def _cut(text: str) -> str:
    """A text's first part, up to a space where there is one: half a secret looks like none."""
    if len(text) <= policy.MAX_TEXT:
        return text
    head = text[: policy.MAX_TEXT]
    return head.rsplit(None, 1)[0] if head[-512:].split(None, 1)[1:] else head


@lru_cache(maxsize=2048)
def _key_rule(key: str) -> str | None:
    """The rule that a key alone calls for; None when its value may be looked at."""
    for rule in policy.KEY_RULES:
        if rule.pattern is not None and rule.pattern.search(key):
            return rule.id
    return None


@lru_cache(maxsize=512)
def names_somebody(key: str) -> bool:
    """Whether a key says that its value is a secret, a person's, content, or the name of a tenant or user."""
    return _key_rule(key) is not None or _SOMEBODY.search(key) is not None


class Scrubber:
    """Scrubs one item; counts the rules that acted in ``rules``.

    Args:
        vocabulary: which words are known.
        content: gives what may stand nowhere under the running trace; asked for only when it matters.
        module: the module whose code made the item, such as an instrumentation's.

    """

    __slots__ = ("_content", "_exception", "_module", "_redact", "_sources", "_vocabulary", "rules")

    def __init__(
        self,
        vocabulary: Vocabulary,
        content: Callable[[], Content] | None = None,
        module: str | None = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._redact = vocabulary.redact
        self._content = content
        self._module = module
        self._exception: str | None = None
        self._sources: tuple[str, ...] = ()
        self.rules: defaultdict[str, int] = defaultdict(int)

    def attributes(self, attributes: Mapping[Any, Any] | None) -> dict[str, Any]:
        """Attributes of a span, event, link or breadcrumb, each by the rule for its key."""
        clean: dict[str, Any] = {}
        if attributes is not None and "exception.type" in attributes:
            exception = attributes["exception.type"]
            self._exception = exception if isinstance(exception, str) else None
            self._sources = self.sources_of(attributes.get("exception.stacktrace"))
        passed = self._vocabulary.passed
        for key, value in ({} if attributes is None else attributes).items():
            if len(clean) >= policy.MAX_ITEMS:
                break
            # Most of what comes is one of these two: a word that passed before, a number of the conventions.
            kind = type(value)
            if type(key) is str and (
                (kind is str and (_SHAPE_OF.get(key), value) in passed) or (kind is int and key in _NUMBERS)
            ):
                clean[key] = value
                continue
            if not isinstance(key, str) or key in policy.DROPPED_KEYS:
                continue
            clean[self.key(key)] = self.value(key, value)
        return clean

    def key(self, key: str) -> str:
        """An attribute's key: one of the conventions, one that the code says, or a placeholder."""
        if key in policy.SAFE_KEYS or key in words.NUMERIC_KEYS or key in policy.TREATED_KEYS:
            return key
        if key in self._vocabulary.safe_keys or key == policy.REPLACED_KEY:
            return key
        known = _KEY_SHAPE.fullmatch(key) and self._vocabulary.knows_key(key, self._module)
        if known and (self._vocabulary.strict or self._without_content(key) == key):
            return key
        self.rules["unknown"] += 1
        return policy.REPLACED_KEY

    def value(self, key: str, value: Any, depth: int = 0) -> Any:
        """One attribute's value by the rule for its key."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._string(key, value)
        known = key in policy.SAFE_KEYS or key in words.NUMERIC_KEYS
        rule = None if known else _key_rule(key)
        if rule is not None:
            return self._replace(rule)
        if isinstance(value, int | float):
            small = abs(value) < policy.HARMLESS_NUMBER
            return value if small or key in words.NUMERIC_KEYS else self._replace("number")
        if depth >= policy.MAX_DEPTH:
            return self._replace("depth")
        # Exact types only: a subclass can do anything when it is iterated.
        if type(value) in (list, tuple):
            return [self.value(key, item, depth + 1) for item in value[: policy.MAX_ITEMS]]
        if type(value) is dict:
            return {
                self.key(inner): self.value(inner, item, depth + 1)
                for inner, item in list(value.items())[: policy.MAX_ITEMS]
                if isinstance(inner, str)
            }
        return self._replace("type")

    def _string(self, key: str, value: str) -> str:
        if value in policy.MARKERS:
            return value
        shape = policy.SAFE_KEYS.get(key)
        if shape is not None:
            return self.shaped(shape, value)
        if key in policy.SQL_KEYS:
            return self.sql(value)
        if key in policy.URL_KEYS:
            return self.url(value)
        if key in policy.PATH_KEYS:
            return self._replace("path")
        if key in policy.FILE_KEYS:
            return self.file(value)
        if key in policy.MESSAGE_KEYS:
            return self.message(value, self._exception, self._sources)
        if key in policy.STACKTRACE_KEYS:
            return self.stacktrace(value)
        rule = _key_rule(key)
        if key in self._vocabulary.safe_keys:
            return self.prose(value)
        if rule is None and not self._vocabulary.strict:
            # A name has no pattern: a tenant's is known where it was bound, and by the key where it wasn't.
            return self._replace("personal-key") if names_somebody(key) else self.prose(value)
        return self._replace(rule or "unlisted")

    def prose(self, text: str) -> str:
        """A text that may stay where no pattern and no registered content objects."""
        for _ in range(_CUTS):
            text, rule = self._redact(_cut(text))
            if rule is not None:
                self.rules[rule] += 1
            if len(text) <= policy.MAX_TEXT:
                return self._without_content(text)
        return self._replace("shape")

    def shaped(self, shape: str, text: Any) -> str:
        """A string that is sent when it has a shape, its words are known and nothing secret stands in it."""
        if not isinstance(text, str):
            return self._replace("type")
        if type(text) is str and (shape, text) in self._vocabulary.passed:
            return text
        if text in policy.MARKERS:
            return text
        if len(text) > _LONGEST_SHAPED or policy.SHAPES[shape].fullmatch(text) is None:
            return self._replace("shape")
        _, rule = self._redact(text, prose=False)
        if rule is not None:
            return self._replace(rule)  # all of it: what stands around a secret is no known word either
        if not self._vocabulary.knows(shape, text):
            return self._replace("unknown")
        # A known word is the program's, though a request may have brought the same one in.
        if not self._vocabulary.strict:
            return self._without_content(text)
        self._vocabulary.let_pass(shape, text)
        return text

    def name(self, text: Any) -> str:
        """A span's or event's name: a known one, or its literal pieces in the module that made it."""
        if not isinstance(text, str) or self._vocabulary.knows("name", text):
            return self.shaped("name", text)
        source = program.source_of(self._module) if self._module is not None else None
        if source is not None and not program.is_library(source):
            clean = self._vocabulary.messages.clean_name(text[: policy.MAX_TEXT], sources=[source])
            if clean != _DATA:
                return self._counted(text, clean)
        return self._replace("unknown")

    def sql(self, statement: str) -> str:
        """A statement's template."""
        if (known := self._vocabulary.statements.get(statement)) is not None:
            return known
        if not self._vocabulary.is_statement(statement):
            return self._replace("shape")
        template = self._vocabulary.known_sql(sql.template(statement))
        _, rule = self._redact(template, prose=False)
        if rule is not None:
            return self._replace(rule)  # no statement's template holds a secret: it is something else
        self._vocabulary.keep_statement(statement, template)
        return template

    def url(self, text: str) -> str:
        """Scheme and host of a URL; its path, query and fragment go."""
        found = _URL.match(text[: policy.MAX_TEXT])
        if found is None:
            return self._replace("shape")
        if found[3]:
            self.rules["path"] += 1
        host, colon, port = found[2].partition(":")
        path = f"/{marker('path')}" if found[3] else ""
        return f"{found[1]}://{self.shaped('host', host)}{colon}{port}{path}"

    def file(self, text: str) -> str:
        """A loaded module's file, from its import root on; any other path goes."""
        shown = program.shown_path(text)
        if shown is None and text.endswith(".py"):
            # What was shown before is shown again.
            module = text[:-3].removesuffix("/__init__").replace("/", ".")
            shown = text if program.is_module(module) else None
        return self._replace("path") if shown is None else shown

    def message(self, text: Any, exception: str | None = None, sources: Sequence[str] = ()) -> str:
        """A message's own words, as they stand in the code; what was put into it becomes ``[data]``.

        Args:
            text: an exception's text, a note, a log line.
            exception: the dotted name of the exception's class.
            sources: files of loaded modules it may come from, innermost first.

        """
        if not isinstance(text, str):
            return self._replace("type")
        if text in policy.MARKERS or text == "":
            return text
        clean = self._vocabulary.messages.clean(
            text[: policy.MAX_TEXT], exception=exception, sources=sources, judge=self._judge
        )
        return self._counted(text, clean)

    def log(self, template: Any, arguments: Any, sources: Sequence[str]) -> str:
        """A log record's template, and ``[data]`` for its arguments."""
        if not isinstance(template, str):
            return self._replace("type")
        given = arguments if isinstance(arguments, list | tuple | dict) else ()
        clean = self._vocabulary.messages.clean_log(
            template[: policy.MAX_TEXT], given, sources=sources, judge=self._judge
        )
        return self._counted(template, clean)

    def _counted(self, before: str, clean: str) -> str:
        if clean != before:
            self.rules["message"] += 1
        clean, rule = self._redact(clean)
        if rule is not None:
            self.rules[rule] += 1
        return clean

    def _judge(self, hole: str) -> str | None:
        """What may stay in a message's hole: in ``strict`` nothing, otherwise what nothing objects to.

        In ``development`` the look of an id is no objection.
        """
        if self._vocabulary.strict:
            return None
        clean, _ = self._redact(hole)
        if self._vocabulary.profile != "development" and _OPAQUE.search(clean):
            return None
        return self._without_content(clean)

    def status(
        self, description: str | None, exception: str | None = None, sources: Sequence[str] = ()
    ) -> str | None:
        """A span status' text; ``TypeName: message`` keeps the type of the exception that the span recorded."""
        if description is None:
            return None
        name = exception.rpartition(".")[2] if exception is not None else None
        if name is not None and description.startswith(f"{name}: "):
            return f"{name}: {self.message(description[len(name) + 2 :], exception, sources)}"
        return self.message(description, exception, sources)

    def sources_of(self, stacktrace: Any) -> tuple[str, ...]:
        """The loaded modules' files in a formatted traceback, innermost first."""
        if not isinstance(stacktrace, str):
            return ()
        found = [frame[1] for line in stacktrace.splitlines() if (frame := _FRAME.match(line))]
        return tuple(path for path in reversed(found) if program.module_at(path) is not None)

    def stacktrace(self, text: str) -> str:
        """A formatted traceback: its frames in source files that are loaded, without source lines and messages."""
        kept: list[str] = []
        for line in text[: policy.MAX_TEXT * 4].splitlines():
            frame = _FRAME.match(line)
            if frame is not None and (path := program.shown_path(frame[1])):
                module = program.module_at(frame[1]) or ""
                kept.append(f'  File "{path}", line {frame[2]}, in {self.function(module, frame[3])}')
            elif line in _STRUCTURE:
                kept.append(line)
        self.rules["message"] += 1
        return "\n".join(kept)

    def function(self, module: str, name: str) -> str:
        """A function's name when it stands in a loaded module's code."""
        if not self._vocabulary.strict or (f"{module}()", name) in self._vocabulary.passed:
            return name
        if program.has_function(module, name):
            self._vocabulary.let_pass(f"{module}()", name)
            return name
        return self._replace("unknown")

    def _without_content(self, text: str) -> str:
        """A text without what was brought in; all of it goes when more was brought in than could be kept."""
        if self._content is None or text in policy.MARKERS:
            return text
        content = self._content()
        if content.overflowed:
            return self._replace("content")
        clean, removed = content.remove(text)
        if removed:
            self.rules["content"] += removed
        return clean

    def _replace(self, rule: str) -> str:
        self.rules[rule] += 1
        return marker(rule)
