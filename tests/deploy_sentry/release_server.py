"""Plays the part of Sentry that sentry-cli talks to: answers as the API documents it, and records every call."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

REPOSITORY = {
    "id": "1",
    "name": "acme/continuum",
    "url": "https://example.org/acme/continuum",
    "provider": {"id": "integrations:github", "name": "GitHub"},
    "status": "active",
    "dateCreated": "2026-01-01T00:00:00Z",
    "integrationId": "5",
    "externalSlug": "acme/continuum",
}


class Call(NamedTuple):
    """One request."""

    method: str
    path: str
    body: Any
    token: str


class ReleaseServer:
    """Listens on loopback; ``failing`` holds pieces of paths that are answered with 403."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.failing: set[str] = set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                token = self.headers.get("Authorization", "")
                server.calls.append(Call(self.command, path, json.loads(raw or b"null"), token))
                refused = any(piece in path for piece in server.failing)
                answer = json.dumps({"detail": "not allowed"} if refused else _answer(path)).encode()
                self.send_response(403 if refused else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = handle_any  # noqa: N815  # the names that http.server calls

            def log_message(self, *_arguments: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _answer(path: str) -> Any:
    if path.endswith("/repos/"):
        return [REPOSITORY]
    if path.endswith("/code-mappings/bulk/"):
        return {"created": 2, "updated": 0, "errors": 0, "mappings": []}
    if path.endswith("/deploys/"):
        return {"id": "1", "environment": "production", "name": None, "dateFinished": "2026-01-01T00:00:00Z"}
    return {
        "version": path.rstrip("/").rpartition("/")[2],
        "dateCreated": "2026-01-01T00:00:00Z",
        "newGroups": 0,
        "projects": [{"slug": "memory", "name": "memory"}],
    }
