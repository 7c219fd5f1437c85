"""All variables in one table: it is made from the readings and the dataclasses, and documents are made from it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from telemetry import keyring
from telemetry.configuration import readings
from telemetry.configuration.batching import Batching
from telemetry.configuration.collector import SIGNALS, Collector
from telemetry.configuration.derived import TRACES_RATE_BY_ENVIRONMENT, TRACES_RATE_ELSEWHERE
from telemetry.configuration.forms import MILLISECONDS
from telemetry.configuration.limits import LIMITED, Limits
from telemetry.configuration.settings import Settings
from telemetry.configuration.shown import text_of
from telemetry.configuration.spooling import SPOOLED, Spooling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telemetry.configuration.environment import Reading

_PLAIN: Final = (str, int, float, bool, tuple)
_CALLED: Final = re.compile(r"`{0,2}([A-Z][A-Z0-9_]{2,}[^:]*): ")
"""What an attribute's docstring begins with: the variables that give it."""
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,}")


@dataclass(frozen=True)
class Row:
    """One setting. Where several names give it, the first that is set and valid counts."""

    section: str
    names: tuple[str, ...]
    accepted: str
    default: str
    meaning: str
    own: tuple[str, ...] = ()
    """Variables for one signal each, which go before the names."""

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables: not arguments, nor attributes of the resource."""
        return tuple(name for name in (*self.names, *self.own) if " " not in name)


def rows() -> list[Row]:
    """Every setting of telemetry, by section."""
    return [*_settings(), *_collectors(), *_batching(), *_spooling(), *_limits(), *_ELSEWHERE]


def meanings(owner: type) -> dict[str, tuple[tuple[str, ...], str]]:
    """By attribute of a class: the variables that its docstring begins with, and what it says of them."""
    body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101  # a class is what its source says
    found = {}
    for attribute, below in pairwise(body.body):
        match attribute, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                called = _CALLED.match(text)
                said = " ".join(text[called.end() if called else 0 :].split())
                variables = _VARIABLE.findall(called[1]) if called else []
                found[name] = (tuple(variables), said[:1].upper() + said[1:])
    return found


def documented(owner: type, section: str) -> list[Row]:
    """The settings of a dataclass whose attributes' docstrings begin with the names of their variables."""
    return [
        Row(section, variables, "", _default(owner, attribute), said)
        for attribute, (variables, said) in meanings(owner).items()
        if variables
    ]


def _default(owner: type, attribute: str, times: int = 1) -> str:
    """A default as a text; empty where there is none, or it is worked out."""
    default = owner.__dataclass_fields__[attribute].default  # type: ignore[attr-defined]  # all are dataclasses
    return text_of(default * times if times != 1 else default) if isinstance(default, _PLAIN) else ""


def _rows(section: str, owner: type, read: Mapping[str, Reading]) -> Iterator[Row]:
    said = meanings(owner)
    for attribute, reading in read.items():
        times = 1000 if reading.accepted == MILLISECONDS else 1
        default = _default(owner, attribute, times)
        yield Row(section, reading.variables, reading.accepted, default, said[attribute][1])


def _settings() -> Iterator[Row]:
    section = "What is sent, and as whom"
    said = meanings(Settings)
    flat = (
        *[readings.READINGS[name] for name in ("dsn", "disabled")],
        readings.ENVIRONMENT,
        *[readings.READINGS[name] for name in readings.READINGS if name not in ("dsn", "disabled")],
        readings.RESOURCE_ATTRIBUTES,
        readings.SAMPLER,
    )
    yield from _rows(section, Settings, {reading.setting: reading for reading in flat})
    by_environment = ", ".join(f"{rate:g} in {name}" for name, rate in TRACES_RATE_BY_ENVIRONMENT.items())
    default = f"{by_environment}, {TRACES_RATE_ELSEWHERE:g} elsewhere"
    rate = readings.TRACES_RATE
    yield Row(section, rate.variables, rate.accepted, default, said["traces_rate"][1])
    variables = readings.HASH_KEY.variables + readings.HASH_KEY_FILE.variables
    yield Row(section, variables, _KEY, "", said["hash_key"][1])
    refused = readings.CONFIG_FILE
    yield Row(section, refused.variables, refused.accepted, "", f"Refused: {refused.consequence}.")


def _collectors() -> Iterator[Row]:
    own = [Collector.readings(signal) for signal in SIGNALS]
    for row, attribute in zip(_rows("Collectors", Collector, own[0]), own[0], strict=True):
        names = tuple(read[attribute].variables[0] for read in own)
        yield replace(row, names=row.names[-1:], own=names)


def _batching() -> Iterator[Row]:
    for signal in SIGNALS:
        yield from _rows(f"The queue of {signal}", Batching, Batching.readings(signal))


def _spooling() -> Iterator[Row]:
    yield from _rows("The disk spool", Spooling, SPOOLED)


def _limits() -> Iterator[Row]:
    yield from _rows("How much a span may hold", Limits, LIMITED)


_KEY: Final = f"{readings.HASH_KEY.accepted}; {readings.HASH_KEY_FILE.accepted}"
_PROXY: Final = "the address of a proxy"
_SLUG: Final = "a short name, as it stands in addresses"
_OTHERS: Final = "Read by other parts"
_AS_CODE: Final = "Sentry as code"
ELSEWHERE: Final = frozenset({_OTHERS, _AS_CODE})
"""Sections of what ``Settings`` doesn't read."""
_ELSEWHERE: Final = (
    Row(
        _OTHERS,
        (keyring.PREVIOUS, f"{keyring.PREVIOUS}_FILE"),
        _KEY,
        "",
        "The key before, while a rotation overlaps: for those who look up who a pseudonym is.",
    ),
    Row(
        _OTHERS,
        ("OTEL_PYTHON_DISTRO",),
        "the name of an installed distribution",
        "continuum",
        "Which distribution the launcher starts. Another one sends past the gate.",
    ),
    Row(
        _OTHERS,
        ("OTEL_PYTHON_CONFIGURATOR",),
        "the name of an installed configurator",
        "continuum",
        "Which configurator the launcher calls. Another one sends past the gate.",
    ),
    Row(
        _OTHERS,
        ("OTEL_SEMCONV_STABILITY_OPT_IN",),
        "words of the semantic conventions, separated by commas",
        "http,database",
        "Which names the instrumentations give; the stable ones, when not set.",
    ),
    Row(
        _OTHERS,
        ("FASTAPI_OTEL_AUTO_CONFIGURE",),
        "nothing: it has no effect",
        "",
        "Refused: FastAPI's own exporters would send past the gate, and are switched off.",
    ),
    Row(
        _OTHERS,
        ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER", "OTEL_PYTHON_LOGGER_PROVIDER"),
        "nothing: they stand in the way",
        "",
        "OpenTelemetry's API would start another provider before ours; the doctor finds it.",
    ),
    Row(
        _OTHERS,
        ("SENTRY_PRINT_ENVELOPES",),
        "nothing: it has no effect while telemetry runs",
        "",
        "Would make sentry-sdk print whole events, not scrubbed; the doctor finds it.",
    ),
    Row(
        _OTHERS,
        ("SENTRY_SPOTLIGHT", "SENTRY_DEBUG"),
        "nothing: they have no effect",
        "",
        "Without effect: sentry-sdk sends nothing past the gate, and its own log lines stay off.",
    ),
    Row(_OTHERS, ("HTTPS_PROXY",), _PROXY, "", "How backends with https are reached; in small letters too."),
    Row(_OTHERS, ("HTTP_PROXY",), _PROXY, "", "How backends with http are reached; in small letters too."),
    Row(
        _OTHERS,
        ("NO_PROXY",),
        "host names, separated by commas",
        "",
        "What is reached without a proxy; in small letters too.",
    ),
    Row(_OTHERS, ("NO_COLOR",), "anything", "", "Commands print without colours."),
    Row(_AS_CODE, ("SENTRY_URL",), "https://HOST", "https://sentry.io", "Which Sentry is set up."),
    Row(_AS_CODE, ("SENTRY_ORG",), _SLUG, "", "The organisation there."),
    Row(_AS_CODE, ("SENTRY_PROJECT",), _SLUG, "", "The project of that organisation."),
    Row(
        _AS_CODE,
        ("SENTRY_AUTH_TOKEN",),
        "a token with project:write, alerts:write and org:read",
        "",
        "Who sets it up. The running service never reads it.",
    ),
)
