"""One HTTP exchange with a backend: a body goes out, and what the answer means comes back."""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

import urllib3
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 10.0
DEFAULT_RETRY_AFTER: Final = 60.0
"""Seconds to wait after a bare 429, as Sentry's SDKs do."""


class Answer(Enum):
    """What a backend's answer means for the items that were sent."""

    TAKEN = auto()
    LATER = auto()
    TOO_LARGE = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Reply:
    """An answer, in words for people, and how many seconds to wait when there is something to wait for."""

    answer: Answer
    detail: str
    retry_after: float | None = None
    """Seconds for which the backend wants nothing more, whatever became of this body."""


@dataclass(frozen=True)
class Target:
    """Where bodies of one kind are posted."""

    url: str
    headers: Mapping[str, str]
    certificate: str | None = None
    categories: frozenset[str] = frozenset()
    """Sentry's names for what is sent here, as they stand in its rate limits."""

    @property
    def host(self) -> str:
        """Host and port for log lines; never the path, a query or credentials."""
        parts = urllib3.util.parse_url(self.url)
        return f"{parts.host}:{parts.port}" if parts.port else str(parts.host)


class Connection:
    """Posts gzipped bodies to one target over a kept connection."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._pool = self._new_pool()

    def _new_pool(self) -> urllib3.PoolManager:
        if self._target.certificate is not None:
            return urllib3.PoolManager(num_pools=1, maxsize=1, ca_certs=self._target.certificate)
        return urllib3.PoolManager(num_pools=1, maxsize=1)

    def renew(self) -> None:
        """Start with a fresh pool: a forked child must not write into its parent's socket."""
        self._pool = self._new_pool()

    def post(self, body: bytes, deadline: float | None) -> Reply:
        """Send one body; never raises.

        Args:
            body: what is sent, before compression.
            deadline: when the exchange has to be over, in seconds of ``time.monotonic``.

        """
        left = READ_TIMEOUT if deadline is None else max(0.05, deadline - time.monotonic())
        try:
            response = self._pool.request(
                "POST",
                self._target.url,
                body=gzip.compress(body, compresslevel=5),
                headers={**self._target.headers, "Content-Encoding": "gzip"},
                timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT, left), read=min(READ_TIMEOUT, left)),
                retries=False,
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            return Reply(Answer.LATER, type(error).__name__)
        return _meaning(response.status, response.headers, self._target.categories)


def _meaning(status: int, headers: Mapping[str, str], categories: frozenset[str]) -> Reply:
    detail = f"HTTP {status}"
    limited = _limited(headers.get("X-Sentry-Rate-Limits"), categories)
    if 200 <= status < 300:
        return Reply(Answer.TAKEN, detail, limited)
    if status == 429:
        retry_after = limited or _seconds(headers.get("Retry-After")) or DEFAULT_RETRY_AFTER
        return Reply(Answer.LATER, detail, retry_after)
    if status in (408, 425) or status >= 500:
        return Reply(Answer.LATER, detail, _seconds(headers.get("Retry-After")))
    if status == 413:
        return Reply(Answer.TOO_LARGE, detail)
    return Reply(Answer.REFUSED, detail)


def _limited(header: str | None, categories: frozenset[str]) -> float | None:
    """The longest limit that is meant for us, of ``SECONDS:CATEGORY;CATEGORY:SCOPE, …``; no category means all."""
    longest = None
    for limit in (header or "").split(","):
        seconds, _, rest = limit.strip().partition(":")
        meant = set(rest.partition(":")[0].split(";")) - {""}
        wait = _seconds(seconds) if not meant or meant & categories else None
        if wait is not None:
            longest = max(wait, longest or 0.0)
    return longest


def _seconds(value: str | None) -> float | None:
    try:
        return min(max(float(value or ""), 0.0), 3600.0)
    except ValueError:
        return None
