"""Whose configuration it is and where Sentry is: organisation, project, address and token, from the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{8,1024}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class SentryError(Exception):
    """Sentry can't be reached, or refused; the message holds its reason and never the token."""


@dataclass(frozen=True)
class Target:
    """Which project of which organisation, where."""

    url: str
    organization: str
    project: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, environ: Mapping[str, str], organization: str | None, project: str | None) -> Target:
        """What the environment names; organisation and project may be given instead.

        Raises:
            SentryError: something is missing or has no accepted form; the message names the variable.

        """
        url = (environ.get("SENTRY_URL") or "https://sentry.io").rstrip("/")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise SentryError("SENTRY_URL: expected https://host") from None
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise SentryError("SENTRY_URL: expected https://host, because the token goes there")
        if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
            raise SentryError("SENTRY_URL: expected https://host and nothing else")
        token = environ.get("SENTRY_AUTH_TOKEN", "")
        if _TOKEN.fullmatch(token) is None:
            raise SentryError(
                "SENTRY_AUTH_TOKEN is not set or is no token; it needs project:write, alerts:write and org:read"
            )
        return cls(
            url,
            _slug(organization or environ.get("SENTRY_ORG"), "SENTRY_ORG"),
            _slug(project or environ.get("SENTRY_PROJECT"), "SENTRY_PROJECT"),
            token,
        )


def _slug(given: str | None, variable: str) -> str:
    if given is None or _SLUG.fullmatch(given) is None:
        raise SentryError(f"{variable} is not set or is no slug: small letters, digits, hyphens, underscores")
    return given
