"""Names that leave with everything: of services, machines, environments, releases. They hold nothing secret.

What is refused here is told when settings are read; the resource of spans, logs and metrics and the fields of
Sentry's events then say the same.
"""

from __future__ import annotations

import re
from typing import Final

from telemetry.privacy import policy
from telemetry.privacy.redacting import Redactor

NAME: Final = "up to 120 letters, digits, spaces and any of _.@:/+-, and nothing like a secret or an address"
ENVIRONMENT: Final = "up to 64 letters, digits, '.', '_' and '-'"
RELEASE: Final = (
    "NAME@VERSION or VERSION: up to 120 letters, digits and any of @._+:-, and nothing like a secret"
)

_ENVIRONMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RELEASE: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9@._+:-]{1,120}")
_REDACT: Final = Redactor()


def name(raw: str) -> str:
    """A name of a service or a machine."""
    if policy.SHAPES["label"].fullmatch(raw) is None or _is_secret(raw):
        raise ValueError(NAME)
    return raw


def environment(raw: str) -> str:
    """An environment's name, of the characters that Sentry and the service take alike."""
    if _ENVIRONMENT.fullmatch(raw) is None or _is_secret(raw):
        raise ValueError(ENVIRONMENT)
    return raw


def release(raw: str) -> str:
    """A release's name; Sentry refuses other characters. ``shop@1.0.dev0`` only looks like an address."""
    package, _, version = raw.partition("@")
    parts = (package, version) if version[:1].isdigit() else (raw,)
    if _RELEASE.fullmatch(raw) is None or any(_is_secret(part) for part in parts):
        raise ValueError(RELEASE)
    return raw


def _is_secret(text: str) -> bool:
    return _REDACT(text, prose=False)[1] is not None
