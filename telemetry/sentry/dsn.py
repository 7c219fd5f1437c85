"""A Sentry DSN, taken apart: where envelopes and OTLP go, and with which header."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

FORM = "https://PUBLIC_KEY@HOST/PROJECT_ID"
INSPECTOR_KEY = "inspector"
"""The public key that marks the local inspector as the target."""

_KEY = re.compile(r"[A-Za-z0-9]{1,64}")
_CLIENT = "continuum.telemetry/0.3.0"


@dataclass(frozen=True)
class Dsn:
    """The parts of a DSN; ``str()`` of it never shows the keys."""

    scheme: str
    host: str
    port: int | None
    path: str
    project_id: str
    public_key: str
    text: str

    @classmethod
    def parse(cls, text: str) -> Dsn:
        """Read a DSN of the form ``https://PUBLIC_KEY@HOST[:PORT][/PATH]/PROJECT_ID``.

        Raises:
            ValueError: the text is not a DSN; the message doesn't hold the text.

        """
        parts = urlsplit(text.strip())
        path, _, project = parts.path.rpartition("/")
        ok = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.username
            and _KEY.fullmatch(parts.username)
            and project.isascii()
            and project.isdigit()
            and not parts.query
            and not parts.fragment
        )
        if not ok or parts.hostname is None or parts.username is None:
            raise ValueError(f"expected {FORM}")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port,
            path=path,
            project_id=project,
            public_key=parts.username,
            text=text.strip(),
        )

    def __str__(self) -> str:
        return f"{self.scheme}://…@{self.netloc}{self.path}/{self.project_id}"

    __repr__ = __str__

    @property
    def netloc(self) -> str:
        """Host and port, the host in brackets when it is an IPv6 address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def _api(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}/api/{self.project_id}"

    @property
    def envelope_url(self) -> str:
        """Where envelopes are posted."""
        return f"{self._api}/envelope/"

    def otlp_url(self, signal: Literal["traces", "logs"]) -> str:
        """Where Sentry takes OTLP over HTTP; it takes no metrics."""
        return f"{self._api}/integration/otlp/v1/{signal}/"

    @property
    def auth_header(self) -> str:
        """The value of ``X-Sentry-Auth``."""
        return f"Sentry sentry_key={self.public_key}, sentry_version=7, sentry_client={_CLIENT}"

    @property
    def is_inspector(self) -> bool:
        """Whether this is the local inspector: its public key, on a loopback address."""
        return self.public_key == INSPECTOR_KEY and _is_loopback(self.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
