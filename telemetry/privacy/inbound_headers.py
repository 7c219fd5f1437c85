"""Takes a request's headers apart, into values to register as content.

A header that nobody knows may carry anything, so only those are left out that say how the request is made.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from telemetry.privacy.inbound import Inbound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_HEADERS: Final = 256
LONGEST_HEADER: Final = 16_384

_STRUCTURAL: Final = frozenset(
    """accept accept-charset accept-encoding accept-language access-control-request-headers
    access-control-request-method cache-control connection content-encoding content-language content-length
    content-type date dnt expect host http2-settings if-modified-since if-unmodified-since keep-alive
    max-forwards pragma priority proxy-connection purpose range save-data sec-ch-ua sec-ch-ua-mobile
    sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc
    sec-websocket-extensions sec-websocket-version sentry-trace te traceparent trailer transfer-encoding upgrade
    upgrade-insecure-requests vary via x-forwarded-port x-forwarded-proto x-requested-with""".split()  # noqa: SIM905  # one word a name
)
_CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization"})
_SECRET_NAME: Final = re.compile(
    r"(?:^|[-_])(?:key|apikey|token|secret|password|auth|csrf|xsrf|session|signature)(?:$|[-_])"
)
_ADDRESSES: Final = frozenset(
    """x-forwarded-for forwarded x-real-ip x-client-ip cf-connecting-ip true-client-ip fastly-client-ip
    x-cluster-client-ip x-original-forwarded-for""".split()  # noqa: SIM905  # one word a name
)
_NOBODY: Final = frozenset({"", "127.0.0.1", "::1", "unknown", "localhost"})
_IDENTIFIERS: Final = frozenset({"x-request-id", "x-correlation-id", "x-trace-id", "x-amzn-trace-id"})
_RANDOM: Final = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}|[0-9a-fA-F]{16}")
_OPAQUE: Final = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{6,}|.{16,}", re.DOTALL)
_SCHEME: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,30})\s+(.+)", re.DOTALL)
_PARAMETER: Final = re.compile(r'=\s*(?:"([^"]{1,4096})"|([^",;\s]{1,4096}))')


def from_headers(headers: Sequence[tuple[bytes, bytes]], also: Iterable[str] = ()) -> Inbound:
    """Credentials, cookies, addresses and what else headers say about who is asking.

    Args:
        headers: as ASGI gives them.
        also: names of headers that hold a tenant or a user.

    """
    named = frozenset(name.lower() for name in also)
    values: list[str] = []
    exact: list[str] = []
    complete = len(headers) <= MOST_HEADERS
    header: Any  # a server may have made them of anything
    for header in headers[:MOST_HEADERS]:
        if (
            type(header) not in (tuple, list)
            or len(header) != 2
            or not all(isinstance(part, bytes) for part in header)
        ):
            complete = False
            continue
        raw_name, raw_value = header
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value[:LONGEST_HEADER])
        complete &= len(raw_value) <= LONGEST_HEADER
        if name in named:
            exact.append(value)
        elif name in _CREDENTIALS:
            exact += _credentials(value)
        elif name == "cookie":
            for cookie in value.split(";"):
                _sort_in(cookie.partition("=")[2].strip(' "'), values, exact)
        elif name in _ADDRESSES:
            exact += _addresses(name, value)
        elif name == "baggage":
            values += (
                unquote(member) for member in value.split(",") if not member.strip().startswith("sentry-")
            )
        elif name in _STRUCTURAL or (name in _IDENTIFIERS and _RANDOM.fullmatch(value)):
            continue
        elif _SECRET_NAME.search(name):
            exact.append(value)
        else:
            values.append(value)
    return Inbound(_once(values), _once(exact), complete)


def _credentials(value: str) -> list[str]:
    """A token without its scheme, and the user and password of a basic one."""
    found = _SCHEME.fullmatch(value)
    if found is None:
        return [value]
    scheme, token = found[1].lower(), found[2].strip()
    if scheme == "digest":
        return [quoted or bare for quoted, bare in _PARAMETER.findall(token)]
    # Two words that are no scheme and token are a credential together.
    credentials = (
        [token] if scheme in ("basic", "bearer", "token", "apikey", "negotiate", "ntlm") else [value, token]
    )
    try:
        user, _, password = _text(b64decode(token, validate=True)).partition(":")
    except ValueError:
        return credentials
    return [*credentials, user, password] if scheme == "basic" else credentials


def _addresses(name: str, value: str) -> list[str]:
    if name == "forwarded":
        parts = [quoted or bare for quoted, bare in _PARAMETER.findall(value)]
        return [part for part in parts if part.lower() not in ("http", "https") and part not in _NOBODY]
    return [part.strip() for part in value.split(",") if part.strip() not in _NOBODY]


def _sort_in(cookie: str, values: list[str], exact: list[str]) -> None:
    """A cookie is a credential when it looks like one; others are switches: dark, en, true."""
    (exact if _OPAQUE.fullmatch(cookie) else values).append(cookie)


def _once(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in found if text))


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
