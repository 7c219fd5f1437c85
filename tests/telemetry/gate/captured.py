"""Events and transactions that the real SDK builds from real exceptions, with planted data in every corner."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

MAKES_TRANSACTIONS = hasattr(sentry_sdk, "start_transaction")
"""Whether this sentry-sdk is a 2.x: from 3 on it streams spans, which no gate lets pass."""

# Put together at run time: no scanner takes them for real ones, and they don't stand in the program's code.
PLANTED = {
    "said": "7qZ fo ecrovid eht tuoba deklat ew"[::-1],
    "mail": "zq7.person@mail.example.org",
    "card": "4111 1111 1111 1111",
    "key": "sk-" + "A1b2C3d4" * 5,
    "address": "203.0.113.77",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ssn": "219-09-9999",
}
EVERYTHING = " ".join(PLANTED.values())


class Kept(Transport):
    """Keeps what would have been sent."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.events += [item.payload.json for item in envelope.items if item.type in ("event", "transaction")]


@contextmanager
def _client() -> Iterator[Kept]:
    kept = Kept()
    with sentry_sdk.isolation_scope() as scope:
        client = sentry_sdk.Client(
            "https://public@o1.example.test/1",
            transport=kept,
            traces_sample_rate=1.0,
            default_integrations=False,
        )
        scope.set_client(client)
        with sentry_sdk.new_scope() as inner:
            inner.set_client(client)
            yield kept
            client.close(timeout=0)


def _deep(levels: int) -> None:
    local = EVERYTHING  # noqa: F841  # a frame's variable, which the SDK sends
    if levels:
        _deep(levels - 1)
    raise ValueError(f"could not index {EVERYTHING}")


def _caught(levels: int) -> BaseException:
    try:
        try:
            _deep(levels)
        except ValueError as error:
            raise KeyError(EVERYTHING) from error
    except KeyError as error:
        return error
    raise AssertionError


def error_event(frames: int = 30, crumbs: int = 50) -> dict[str, Any]:
    """An error with a cause, ``frames`` frames, ``crumbs`` breadcrumbs, a user, a request, tags and extras."""
    with _client() as kept:
        sentry_sdk.set_user(
            {"id": PLANTED["said"], "email": PLANTED["mail"], "ip_address": PLANTED["address"]}
        )
        sentry_sdk.set_tag("operation", PLANTED["said"])
        sentry_sdk.set_tag("handled_by", PLANTED["mail"])
        sentry_sdk.set_extra("card", PLANTED["card"])
        sentry_sdk.set_context("memory", {"text": EVERYTHING, "password": PLANTED["key"]})
        for number in range(crumbs):
            sentry_sdk.add_breadcrumb(
                type="query" if number % 2 else "default",
                category="query" if number % 2 else "httpx",
                message=f"SELECT body FROM notes WHERE owner = '{PLANTED['mail']}'"
                if number % 2
                else EVERYTHING,
                data={"db.system": "sqlite", "http.response.status_code": 200, "note": PLANTED["ssn"]},
            )
        sentry_sdk.capture_exception(_caught(frames - 2))
    return kept.events[0]


def log_event() -> dict[str, Any]:
    """A message with a log record's parts."""
    with _client() as kept:
        sentry_sdk.capture_event(
            {
                "message": EVERYTHING,
                "level": "error",
                "logger": logging.getLogger("uvicorn.error").name,
                "logentry": {"message": "user %s said %s", "params": [PLANTED["mail"], PLANTED["said"]]},
                "fingerprint": ["{{ default }}", PLANTED["said"]],
            }
        )
    return kept.events[0]


def transaction() -> dict[str, Any]:
    """A request's transaction with database spans."""
    with (
        _client() as kept,
        sentry_sdk.start_transaction(op="http.server", name=f"GET /of/{PLANTED['mail']}") as root,
    ):
        root.set_data("url.query", EVERYTHING)
        for _ in range(3):
            statement = f"SELECT * FROM notes WHERE card = '{PLANTED['card']}'"
            with sentry_sdk.start_span(op="db", name=statement) as span:
                span.set_data("db.system", "postgresql")
                span.set_data("db.query.text", statement)
                span.set_data("server.address", "localhost")
    return kept.events[0]
