"""What is sensitive and what is known to be safe: data, no code. How it is removed stands in scrub.py.

The stance is strict: a string is sent when a rule here says what it is, it looks like that, and its words are
known (vocabulary.py). Whatever nobody thought of is replaced by a marker that names the rule, and never
shows the value.
"""

from __future__ import annotations

import re
from typing import Final

from telemetry.privacy import keys
from telemetry.privacy.patterns import VALUE_RULES
from telemetry.privacy.rules import Rule

# --- Shapes: what a string of a known key has to look like, from its first to its last character ------------

SHAPES: Final[dict[str, re.Pattern[str]]] = {
    # One word of a vocabulary: a method, a system's name, a kind.
    "word": re.compile(r"[A-Za-z_][A-Za-z0-9_.+-]{0,39}"),
    # A dotted name in code, with the <locals> and <module> that Python adds.
    "identifier": re.compile(r"[A-Za-z_<][\w<>]{0,99}(?:\.[\w<>]{1,100}){0,12}"),
    # An exception's class, or the status code that conventions put in its place.
    "error": re.compile(r"[1-5][0-9]{2}|[A-Za-z_<][\w<>]{0,99}(?:\.[\w<>]{1,100}){0,12}"),
    # A route template: literal segments and {parameters}.
    "route": re.compile(r"(?:/(?:[A-Za-z0-9_.~:-]{0,60}|\{[A-Za-z_][\w:]{0,60}\})){1,24}"),
    "version": re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,5}){0,3}(?:(?:a|b|rc|\.?post|\.?dev)[0-9]{1,5}){0,2}"),
    "host": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"),
    "address": re.compile(r"localhost|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]{2,39}"),
    "pseudonym": re.compile(r"[0-9a-f]{4}-[0-9a-f]{32}"),
    "hex": re.compile(r"[0-9a-f]{8,32}(?:-[0-9a-f]{4,12}){0,4}"),
    "uuid": re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}"),
    "digest": re.compile(r"[0-9a-f]{64}"),
    "namespace": re.compile(r"[A-Za-z_][\w-]{0,62}"),
    "source": re.compile(r"[\w.<>/-]{1,200}"),
    # A class, a module, a logger, a thread: names in code, too.
    "class": re.compile(r"[A-Za-z_]\w{0,99}(?:\.[\w<>]{1,100}){0,12}"),
    "module": re.compile(r"[A-Za-z_]\w{0,99}(?:\.\w{1,100}){0,12}"),
    "kind": re.compile(r"[A-Za-z_]\w{0,60}"),
    "logger": re.compile(r"[A-Za-z_][\w.-]{0,119}"),
    "thread": re.compile(r"[\w .()-]{1,100}"),
    # What an operator wrote into the environment: a name, a release, a region.
    "label": re.compile(r"[\w.@:/+ -]{1,120}"),
    "decimal": re.compile(r"[0-9]{1,6}|True|False|true|false"),
    # A hand-made span's or event's name.
    "name": re.compile(r"[A-Za-z_][\w .:/-]{0,99}"),
}

# --- Attribute keys known to be safe, and the shape that their strings must have -----------------------------
# Sources: OpenTelemetry semantic conventions 1.3x (stable HTTP, database, general), gen_ai.* without content.

SAFE_KEYS: Final[dict[str, str]] = {
    "code.column.number": "decimal",
    "code.function.name": "identifier",
    "code.line.number": "decimal",
    "continuum.cli_command": "name",
    "continuum.instance.hash": "pseudonym",
    "continuum.memory_operation": "name",
    "continuum.model_type": "label",
    "continuum.operation": "name",
    "continuum.peer.hash": "pseudonym",
    "continuum.query.hash": "pseudonym",
    "continuum.telemetry.end": "word",
    "continuum.telemetry.place": "name",
    "continuum.telemetry.rule": "word",
    "continuum.telemetry.signal": "word",
    "db.client.connection.state": "word",
    "db.collection.name": "namespace",
    "db.namespace": "namespace",
    "db.name": "namespace",
    "db.operation.name": "word",
    "db.operation": "word",
    "db.response.status_code": "word",
    "db.system": "word",
    "db.system.name": "word",
    "deployment.environment.name": "label",
    "error.type": "error",
    "exception.escaped": "decimal",
    "exception.type": "class",
    "gen_ai.operation.name": "name",
    "gen_ai.provider.name": "word",
    "gen_ai.request.model": "label",
    "gen_ai.response.model": "label",
    "host.name": "label",
    "http.flavor": "version",
    "http.method": "word",
    "http.request.method": "word",
    "http.route": "route",
    "http.scheme": "word",
    "network.protocol.name": "word",
    "network.protocol.version": "version",
    "network.transport": "word",
    "network.type": "word",
    "otel.kind": "word",
    "otel.status_code": "word",
    "process.runtime.name": "word",
    "process.runtime.version": "version",
    "sentry.environment": "label",
    "sentry.op": "name",
    "sentry.origin": "name",
    "sentry.release": "label",
    "server.address": "host",
    "table": "namespace",
    "state": "word",  # of a pooled connection, as the older conventions call it
    "net.peer.name": "host",
    "service.instance.id": "hex",
    "service.name": "label",
    "service.namespace": "label",
    "service.version": "label",
    "telemetry.distro.name": "word",
    "telemetry.distro.version": "version",
    "telemetry.sdk.language": "word",
    "telemetry.sdk.name": "word",
    "telemetry.sdk.version": "version",
    "thread.name": "thread",
    "url.scheme": "word",
    "user_agent.synthetic.type": "word",
    **keys.SAFE,
}

# Keys whose strings have a rule of their own in scrub.py.
SQL_KEYS: Final = frozenset({"db.query.text", "db.statement"})
URL_KEYS: Final = frozenset({"url.full", "http.url"})
PATH_KEYS: Final = frozenset({"url.path", "http.target"})
FILE_KEYS: Final = frozenset({"code.file.path", "code.filepath"})
MESSAGE_KEYS: Final = frozenset({"error.message", "exception.message", "otel.status_description", "message"})
STACKTRACE_KEYS: Final = frozenset({"code.stacktrace", "exception.stacktrace"})

# Keys that never leave, whatever stands in them.
DROPPED_KEYS: Final = frozenset(
    {
        "url.query",
        "url.fragment",
        "user_agent.original",
        "http.user_agent",
        "http.client_ip",
        "client.address",
        "client.port",
        "network.peer.address",
        "network.peer.port",
        "net.sock.peer.addr",
        "net.peer.ip",
        "db.user",
        "db.query.summary",  # the span's name says it
        "db.query.parameter",
        "process.command",
        "process.command_args",
        "process.command_line",
        "process.owner",
        *keys.DROPPED,
    }
)

TREATED_KEYS: Final = SQL_KEYS | URL_KEYS | PATH_KEYS | FILE_KEYS | MESSAGE_KEYS | STACKTRACE_KEYS

REPLACED_KEY: Final = "redacted.key"
"""What stands in the place of a key that may be somebody's words."""

# --- Rules -------------------------------------------------------------------------------------------------
# Those that find something in a text stand in patterns.py.

# A key that says that its value is nobody's business. Matched anywhere in the key, on word borders.
KEY_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "secret-key",
        "The key names a credential.",
        re.compile(
            r"(?i)(?:^|[._\-])(?:pass(?:word|wd|phrase)?|pwd|secrets?|tokens?|api[_-]?keys?|auth|authorization|"
            r"cookies?|credentials?|private[_-]?key|(?:php)?sess(?:ion)?(?:[_-]?id)?|sid|symfony|"
            r"[cx]srf(?:[_-]?token)?|jwt|signature)(?:$|[._\-])"
        ),
    ),
    Rule(
        "personal-key",
        "The key names something of a person.",
        re.compile(
            r"(?i)(?:^|[._\-])(?:e?mail|phone|mobile|address|street|birth(?:day|date)?|dob|ssn|passport|"
            r"iban|card(?:[_-]?number)?|cvv|first[_-]?name|last[_-]?name|full[_-]?name|ip)(?:$|[._\-])"
        ),
    ),
    Rule(
        "content-key",
        "The key names what somebody said.",
        re.compile(
            r"(?i)(?:^|[._\-])(?:body|content|prompt|completion|messages?|text|query|question|answer|input|"
            r"output|memory|note|comment)(?:$|[._\-])|"
            # Headers, by any name.
            r"^(?:http|rpc)\.(?:\w{1,30}\.)?(?:request|response)\.(?:header|metadata)\."
        ),
    ),
)

# Rules that say why a whole value was replaced.
PLAIN_RULES: Final[tuple[Rule, ...]] = (
    Rule("unlisted", "A string under a key that no rule knows."),
    Rule("shape", "A known key's string that does not look like what the key stands for."),
    Rule("message", "A message: its words cannot be told from what somebody said."),
    Rule(
        "unknown", "A word of the right shape that stands neither in a vocabulary nor in the program's code."
    ),
    Rule("path", "A concrete path: it holds ids and names; the route stands beside it."),
    Rule("number", "A number that is long enough to be somebody's."),
    Rule("content", "A value that is registered as content of the running request."),
    Rule("depth", "Nested deeper than the limit."),
    Rule("type", "A value of a type that telemetry does not read."),
)

RULES: Final[dict[str, Rule]] = {rule.id: rule for rule in (*KEY_RULES, *VALUE_RULES, *PLAIN_RULES)}

MARKERS: Final = frozenset(f"[redacted:{rule}]" for rule in RULES)

# --- Limits ------------------------------------------------------------------------------------------------

MAX_TEXT: Final = 8_192
"""Characters of a string that are looked at; the rest is cut off."""
MAX_ITEMS: Final = 128
"""Attributes of a span, entries of a mapping or sequence; the rest is left out."""
MAX_DEPTH: Final = 6
"""Levels of nesting below an attribute."""
MAX_EVENTS: Final = 64
"""Events of a span."""
HARMLESS_NUMBER: Final = 10**9
"""Numbers below this stay under any key that no key rule matches: counts, sizes, durations, status codes."""
