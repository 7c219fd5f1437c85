"""What one request brought in, kept as it came until something that may hold it is about to leave.

Most requests leave nothing that needs to be compared, so nothing is parsed on the request's thread: bodies,
headers and the query stay references until a gate asks, on the sender's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telemetry.privacy import inbound, inbound_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telemetry.privacy.content import Content
    from telemetry.privacy.inbound import Inbound

MOST_KEPT: Final = 65_536
"""Bytes of a request's body that are kept; what comes after them is taken for content as a whole."""


class InboundRequest:
    """References to the raw parts of one request."""

    __slots__ = ("_also", "_body", "_complete", "_kept", "_scope")

    def __init__(self, scope: Mapping[str, Any], also: tuple[str, ...]) -> None:
        self._scope = scope
        self._also = also
        self._body: list[bytes] = []
        self._kept = 0
        self._complete = True

    def keep(self, message: Mapping[str, Any]) -> None:
        """Keep what an ASGI message carries: a part of a body, or what came over a websocket."""
        part = message.get("body") or message.get("bytes") or message.get("text")
        if isinstance(part, str):
            part = part.encode("utf-8", "surrogatepass")
        if not isinstance(part, bytes) or not part:
            return
        if self._kept + len(part) > MOST_KEPT:
            part = part[: MOST_KEPT - self._kept]
            self._complete = False
        self._kept += len(part)
        self._body.append(part)

    def register_with(self, content: Content) -> None:
        """Parse everything and register it as content; called once, on the sender's thread."""
        for found in self._found():
            content.register(found.values)
            content.register(found.exact, exact=True)
            if not found.complete:
                content.mark_overflowed()
        if not self._complete:
            content.mark_overflowed()

    def _found(self) -> Iterator[Inbound]:
        headers = list(self._scope.get("headers", ()))
        yield inbound_headers.from_headers(headers, self._also)
        yield inbound.from_query(self._scope.get("query_string", b""))
        params = self._scope.get("path_params")
        yield inbound.from_path(self._scope.get("path", ""), params if isinstance(params, dict) else None)
        body = b"".join(self._body)
        if body:
            kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
            form = b"form" in kind.lower()
            yield inbound.from_form(body, kind) if form else inbound.from_json(body)
