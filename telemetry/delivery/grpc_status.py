"""What the end of a gRPC call means, after the OTLP specification.

The words of the other side are looked at but not repeated.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

# Not where they are used: a fork while another thread imports leaves a child that waits for its import lock.
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped] # protobuf ships no types
from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # protobuf ships no types
from google.protobuf.unknown_fields import (  # type: ignore[import-untyped] # protobuf ships no types
    UnknownFieldSet,
)

from telemetry.delivery.exchange import Answer, Limit, Reply

T = TypeVar("T", bytes, int)

LONGEST_PAUSE: Final = 86_400.0
"""Seconds; what a server asks for beyond that is not believed."""

_LATER: Final = frozenset(
    {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}
)
_DENIED: Final = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})
_OVERSIZE: Final = frozenset({"RESOURCE_EXHAUSTED", "OUT_OF_RANGE"})
# How the servers of C, Go, Java, .NET, JavaScript and Rust say that a message was too long for them.
_TOO_LARGE: Final = re.compile(
    r"larger than max|exceeds (the )?(configured )?max|length too large|size limit", re.IGNORECASE
)
_ANSWER_TOO_LARGE: Final = "CLIENT: Received message larger than max"
_TROUBLES: Final = (
    ("errors resolving", "its name can't be resolved"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate isn't trusted"),
    ("Hostname Verification Check failed", "its certificate is for another name"),
    ("WRONG_VERSION_NUMBER", "it speaks no TLS"),
    ("security handshaker", "the certificates or the key that were given can't be read"),
    ("Connection refused", "connection refused"),
    ("HTTP/2", "it speaks no HTTP/2"),
    ("Socket closed", "it closed the connection"),
)
"""What stands in the words of gRPC's core, and ours for it: those of others may hold anything."""


def meaning(code: str, words: str, status: bytes, answer: bytes) -> Reply:
    """What a call's end means for the parcel that it carried.

    Args:
        code: the name of the status code, such as ``UNAVAILABLE``.
        words: the status message, of the server or of gRPC's core.
        status: the serialized ``google.rpc.Status`` that came with it; empty without one.
        answer: the serialized answer of a call that is ``OK``.

    """
    if code == "OK":
        rejected = _rejected(answer)
        return Reply(
            Answer.TAKEN, f"gRPC OK, {rejected} refused" if rejected else "gRPC OK", rejected=rejected
        )
    if _ANSWER_TOO_LARGE in words:
        return Reply(Answer.TAKEN, "gRPC OK, with an answer too long to read")  # only who took it answers
    detail = f"gRPC {code}"
    if code == "UNAVAILABLE":
        detail += next((f": {ours}" for theirs, ours in _TROUBLES if theirs in words), "")
    if code in _DENIED:
        return Reply(Answer.DENIED, detail)
    if code in _OVERSIZE and _TOO_LARGE.search(words):
        return Reply(Answer.TOO_LARGE, detail)
    pause = _pause(status)
    if code in _LATER or (code == "RESOURCE_EXHAUSTED" and pause is not None):
        return Reply(Answer.LATER, detail, (Limit(pause),) if pause else ())
    return Reply(Answer.REFUSED, detail)


def _pause(status: bytes) -> float | None:
    """The seconds of a ``google.rpc.RetryInfo`` in a ``google.rpc.Status``; None without one."""
    for detail in _fields(status, 3, bytes):
        if any(url.endswith(b"/google.rpc.RetryInfo") for url in _fields(detail, 1, bytes)):
            delay = b"".join(part for info in _fields(detail, 2, bytes) for part in _fields(info, 1, bytes))
            seconds, nanos = sum(_fields(delay, 1, int)), sum(_fields(delay, 2, int))
            return min(seconds + nanos / 1e9, LONGEST_PAUSE)
    return None


def _rejected(answer: bytes) -> int:
    """The items that the ``partial_success`` of an answer names as refused; 0 when it can't be read."""
    # Traces, logs and metrics have the same numbers for the same fields.
    return sum(count for partial in _fields(answer, 1, bytes) for count in _fields(partial, 1, int))


def _fields(message: bytes, number: int, kind: type[T]) -> list[T]:
    """One field's values in a message whose generated class isn't at hand; none where there is no such message."""
    try:
        fields = UnknownFieldSet(Empty.FromString(message))
    except DecodeError:
        return []
    values = (field.data for field in fields if field.field_number == number)
    # Negative numbers come as very large ones; here they would mean nothing.
    return [value for value in values if isinstance(value, kind) and not (kind is int and value >= 1 << 63)]
