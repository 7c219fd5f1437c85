"""Calling a peer over HTTP: signed requests, signed answers, bounded, and never to where it wasn't told to go."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, Protocol

import telemetry
from continuum.federation.batches import MAX_BYTES, Batch, pack
from continuum.federation.cursors import write_known
from continuum.federation.errors import PeerUnreachable, SyncError, TenantForgotten
from continuum.federation.signing import HEADER, Call, check_answer, sign_call
from continuum.federation.unpacking import unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from continuum.federation.identity import Identity

PATH: Final = "/v1/sync/changes"
MEDIA_TYPE: Final = "application/octet-stream"
_SECONDS: Final = 60


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    signature: str | None
    body: bytes = field(repr=False)


class Send(Protocol):
    """How a request gets to its address."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it and wait for the answer; OSError when there is none."""


def send_over_http(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """With the standard library; a redirection is an answer, because it would take the API key elsewhere."""
    request = urllib.request.Request(url, data=body or None, headers=dict(headers), method=method)  # noqa: S310 - the scheme is checked when the peer is pinned
    try:
        with _OPENER.open(request, timeout=_SECONDS) as response:
            return Answer(response.status, response.headers.get(HEADER), response.read(MAX_BYTES + 1))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers.get(HEADER), error.read(MAX_BYTES + 1))


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        """None, which makes the redirection an error."""


_OPENER: Final = urllib.request.build_opener(_NoRedirection)


class PeerClient:
    """Calls one peer for one tenant.

    Args:
        identity: who signs.
        url: the peer's address, without ``/v1``.
        key_id: of the peer's public key.
        public_key: with which its answers are checked.
        api_key: the peer's key for the tenant, with the scope ``sync``.
        send: how requests get there.

    """

    def __init__(
        self,
        identity: Identity,
        url: str,
        key_id: str,
        public_key: str,
        api_key: str,
        *,
        send: Send = send_over_http,
    ) -> None:
        self._identity, self._url, self._key_id, self._public_key = identity, url, key_id, public_key
        self._api_key, self._send = api_key, send

    def fetch(self, cursor: str, limit: int, known: Mapping[str, int]) -> Batch:
        """Ask for the batch after a cursor, without what is known here.

        Raises:
            SyncError: the peer doesn't answer, refuses, or what it answers can't be trusted.

        """
        query = urllib.parse.urlencode({"cursor": cursor, "limit": limit, "known": write_known(known)})
        return unpack(self._call("GET", query, b""))

    def push(self, batch: Batch) -> dict[str, int]:
        """Give a batch; the answer is what the peer knows then. Raises like ``fetch``."""
        return unpack(self._call("POST", "", pack(batch))).known

    def forget_tenant(self) -> None:
        """Have the peer erase the tenant. Raises like ``fetch``."""
        with suppress(TenantForgotten):  # it told us, or was told before
            self._call("DELETE", "", b"")

    def _call(self, method: str, query: str, body: bytes) -> bytes:
        call = Call(method, PATH, query, body, self._api_key)
        signature = sign_call(self._identity, self._key_id, call)
        headers = {
            **telemetry.outgoing_headers(),
            "X-API-Key": self._api_key,
            HEADER: str(signature),
            "Content-Type": MEDIA_TYPE,
            "Accept": MEDIA_TYPE,
        }
        url = self._url.rstrip("/") + PATH + (f"?{query}" if query else "")
        try:
            answer = self._send(method, url, headers, body)
        except (OSError, HTTPException) as error:
            raise PeerUnreachable("the peer doesn't answer") from error
        if answer.status not in {200, 410}:
            raise SyncError(_refusal(answer), status=answer.status)
        check_answer(answer.signature, self._public_key, signature.nonce, answer.status, answer.body)
        if answer.status == 410:
            raise TenantForgotten("the peer has erased the tenant")
        return answer.body


def _refusal(answer: Answer) -> str:
    """Our own words for what the peer says; its own may be anybody's."""
    try:
        kind = str(json.loads(answer.body)["type"]).rpartition(":")[2]
    except (ValueError, KeyError, TypeError):
        kind = ""
    known = {cls.kind: cls for cls in SyncError.__subclasses__()}
    if kind in known:
        return _TOLD.get(kind, "the peer refused the exchange")
    if answer.status in {401, 403}:
        return (
            "the peer refused the API key: it has to be one of its own, for the tenant, with the scope sync"
        )
    return "the peer refused the exchange" if answer.status < 500 else "the peer failed"


_TOLD: Final = {
    "sync-signature": "the peer refused the signature: pin this instance's public key there, and the peer's here",
    "sync-clock": "the peer refused the time: set the clocks of both instances",
    "sync-replayed": "the peer says that the request came before",
    "sync-peer-unknown": "the peer doesn't know this instance: pin its public key there, for the same tenant",
    "sync-batch": "the peer refused the batch",
    "sync-format": "the peer is of an older version of continuum: update it",
    "sync-identity": "both databases have the same identity: one is a copy that `continuum restore` didn't make",
    "sync-not-set-up": "the peer has no key for federation yet: run `continuum sync keys` there",
}
