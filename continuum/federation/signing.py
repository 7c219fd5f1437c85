"""Signed requests and signed answers: what is signed, and in which form the signature travels."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from continuum.federation.errors import ClocksApart, SignatureRefused
from continuum.federation.identity import is_signed

if TYPE_CHECKING:
    from continuum.federation.identity import Identity

HEADER: Final = "Continuum-Signature"
WINDOW_SECONDS: Final = 300
"""By so much the clocks of two instances may differ, the way of a request included."""
_REQUEST = re.compile(
    r"1 (?P<key_id>[0-9a-f]{32}) (?P<audience>[0-9a-f]{32}) (?P<time>[0-9]{1,12})"
    r" (?P<nonce>[A-Za-z0-9_-]{22,43}) (?P<signature>[A-Za-z0-9_-]{86})"
)
_ANSWER = re.compile(r"1 (?P<signature>[A-Za-z0-9_-]{86})")


@dataclass(frozen=True)
class Call:
    """A request as both sides see it; the query is that of the address, as it is sent."""

    method: str
    path: str
    query: str
    body: bytes = field(repr=False)
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class Signature:
    """What the header of a request says: by whom, for whom, when, and once."""

    key_id: str
    audience: str
    time: int
    nonce: str
    signature: str = field(repr=False)

    def __str__(self) -> str:
        return f"1 {self.key_id} {self.audience} {self.time} {self.nonce} {self.signature}"


def sign_call(identity: Identity, audience: str, call: Call) -> Signature:
    """Sign a request for the instance whose key has the id ``audience``."""
    moment, nonce = int(time.time()), secrets.token_urlsafe(16)
    message = _request(identity.key_id, audience, moment, nonce, call)
    return Signature(identity.key_id, audience, moment, nonce, identity.sign(message))


def read_signature(header: str | None) -> Signature:
    """Read the header of a request.

    Raises:
        SignatureRefused: there is none, or it has another form.

    """
    found = _REQUEST.fullmatch(header or "")
    if found is None:
        raise SignatureRefused(
            "the request needs the header Continuum-Signature, as `continuum sync` sends it"
        )
    return Signature(
        found["key_id"], found["audience"], int(found["time"]), found["nonce"], found["signature"]
    )


def check_call(signature: Signature, public_key: str, own_key_id: str, call: Call) -> None:
    """See that the owner of the key made this request for us, and lately.

    Raises:
        SignatureRefused: somebody else did, it is for somebody else, or it was changed on its way.
        ClocksApart: it is too old, or from the future.

    """
    message = _request(signature.key_id, signature.audience, signature.time, signature.nonce, call)
    is_ours = hmac.compare_digest(signature.audience, own_key_id)
    if not is_signed(message, signature.signature, public_key) or not is_ours:
        raise SignatureRefused("the request isn't signed by the peer's pinned key for this instance")
    if abs(time.time() - signature.time) > WINDOW_SECONDS:
        raise ClocksApart("the signature's time is more than five minutes from this instance's")


def sign_answer(identity: Identity, nonce: str, status: int, body: bytes) -> str:
    """The header of an answer to the request that had the nonce."""
    return f"1 {identity.sign(_answer(nonce, status, body))}"


def check_answer(header: str | None, public_key: str, nonce: str, status: int, body: bytes) -> None:
    """See that the peer gave this answer to our request.

    Raises:
        SignatureRefused: it didn't.

    """
    found = _ANSWER.fullmatch(header or "")
    if found is None or not is_signed(_answer(nonce, status, body), found["signature"], public_key):
        raise SignatureRefused("the answer isn't signed by the peer's pinned key")


def _request(key_id: str, audience: str, moment: int, nonce: str, call: Call) -> bytes:
    # No part but the last holds a line break: none can pass for two others.
    parts = (
        "continuum-sync-1 request", key_id, audience, str(moment), nonce, _hash(call.api_key.encode()),
        _hash(call.body), _hash(call.query.encode()), call.method, call.path,
    )  # fmt: skip
    return "\n".join(parts).encode()


def _answer(nonce: str, status: int, body: bytes) -> bytes:
    return "\n".join(("continuum-sync-1 answer", nonce, str(status), _hash(body))).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
