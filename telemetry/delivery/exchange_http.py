"""Parcels by HTTP POST: Sentry envelopes, and OTLP with protobuf bodies."""

from __future__ import annotations

import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.request import (  # type: ignore[attr-defined]  # typeshed has no proxy_bypass_environment
    getproxies_environment,
    proxy_bypass_environment,
)

import urllib3
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from urllib3.exceptions import HTTPError

from telemetry.delivery.exchange import Answer, Limit, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from telemetry.delivery.parcel import Parcel
    from telemetry.delivery.target import Target

CONNECT_TIMEOUT: Final = 5.0
DEFAULT_RETRY_AFTER: Final = 60.0
"""Seconds to wait after a bare 429, as Sentry's SDKs do."""
LONGEST_LIMIT: Final = 86_400.0
MOST_OF_ANSWER: Final = 65_536
_LATER: Final = frozenset({408, 425})
_DENIED: Final = frozenset({401, 403})
_PROTOBUF: Final = "application/x-protobuf"
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class HttpConnection:
    """Posts over one kept connection, through the proxy that the environment names.

    Raises:
        ValueError: a header can't be sent, or the proxy's address is none.

    """

    def __init__(self, target: Target) -> None:
        for name, value in target.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise ValueError("headers: expected names of letters, digits and -, and values of one line")
        self._target = target
        self._headers = dict(target.headers)
        if target.compression == "gzip":
            self._headers["Content-Encoding"] = "gzip"
        self._pool = self._new_pool()

    def _new_pool(self) -> urllib3.PoolManager:
        target = self._target
        options: dict[str, Any] = {
            "num_pools": 1,
            "maxsize": 1,
            "ca_certs": target.certificate,
            "cert_file": target.client_certificate,
            "key_file": target.client_key,
        }
        options = {key: value for key, value in options.items() if value is not None}
        proxy = _proxy_for(target.url)
        if proxy is None:
            return urllib3.PoolManager(**options)
        try:
            credentials = urllib3.util.parse_url(proxy).auth
            headers = urllib3.util.make_headers(proxy_basic_auth=credentials) if credentials else None
            return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)
        except (ValueError, HTTPError):
            # Without the cause: its message repeats the address, and a password may stand in it.
            raise ValueError("HTTP_PROXY, HTTPS_PROXY: expected http(s)://host:port") from None

    def renew(self) -> None:
        """Start with a fresh pool: a forked child must not write into its parent's socket."""
        self._pool = self._new_pool()

    def close(self) -> None:
        """Close the kept connection."""
        self._pool.clear()

    def post(self, parcel: Parcel, deadline: float | None) -> Reply:
        """Send one parcel; never raises."""
        left = self._target.timeout if deadline is None else max(0.05, deadline - time.monotonic())
        timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT, left), read=min(self._target.timeout, left))
        try:
            response = self._pool.request(
                "POST",
                self._target.url,
                body=parcel.packed if self._target.compression == "gzip" else parcel.body,
                headers=self._headers,
                timeout=timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            answer = _read(response, time.monotonic() + left)
        except (HTTPError, OSError) as error:
            return Reply(Answer.LATER, type(error).__name__)
        return _meaning(response.status, response.headers, answer)


def _read(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """The answer's body, as far as anybody may want to read it, and as long as it takes no longer."""
    body = b""
    while len(body) < MOST_OF_ANSWER and time.monotonic() < until:
        piece: bytes = response.read1(MOST_OF_ANSWER - len(body), decode_content=False)
        if not piece:
            response.release_conn()
            return body
        body += piece
    response.close()  # it has more to say than we care for; the connection can't be used again
    return body


def _proxy_for(url: str) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY choose for an address."""
    parts = urllib3.util.parse_url(url)
    proxies: dict[str, str] = getproxies_environment()
    proxy = proxies.get(parts.scheme or "")
    if not proxy or not parts.host or proxy_bypass_environment(parts.netloc or parts.host, proxies):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _meaning(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    detail = f"HTTP {status}"
    limits = _limits(headers.get("X-Sentry-Rate-Limits"))
    if 200 <= status < 300:
        rejected = _rejected(body) if headers.get("Content-Type", "").startswith(_PROTOBUF) else 0
        return Reply(Answer.TAKEN, detail, limits, rejected)
    pause = _pause(headers.get("Retry-After"))
    if status == 429:
        return Reply(Answer.LATER, detail, limits or (Limit(pause or DEFAULT_RETRY_AFTER),))
    if status in _LATER or status >= 500:
        return Reply(Answer.LATER, detail, limits or ((Limit(pause),) if pause else ()))
    if status == 413:
        return Reply(Answer.TOO_LARGE, detail, limits)
    return Reply(Answer.DENIED if status in _DENIED else Answer.REFUSED, detail, limits)


def _limits(header: str | None) -> tuple[Limit, ...]:
    """Sentry's ``SECONDS:CATEGORY;CATEGORY:SCOPE:REASON, …``; no category means all."""
    found = []
    for limit in (header or "").split(","):
        seconds, _, rest = limit.strip().partition(":")
        if (pause := _seconds(seconds)) is not None:
            found.append(Limit(pause, frozenset(rest.partition(":")[0].split(";")) - {""}))
    return tuple(found)


def _rejected(body: bytes) -> int:
    """The items that an OTLP answer's ``partial_success`` names as refused; 0 when it can't be read."""
    try:
        # Traces, logs and metrics have the same numbers for the same fields.
        return max(0, int(ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans))
    except DecodeError:
        return 0


def _pause(value: str | None) -> float | None:
    """The seconds of ``Retry-After``, which may be a date as well."""
    seconds = _seconds(value)
    if seconds is None and value:
        try:
            return _seconds(str(parsedate_to_datetime(value).timestamp() - time.time()))
        except (ValueError, OverflowError):
            return None
    return seconds


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_LIMIT)
