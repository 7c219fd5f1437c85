"""Plays the part of Sentry's API that holds configuration: answers in the documented forms, and records every call.

The forms are those of Sentry's published OpenAPI description: what is written comes back with ids everywhere, a
monitor's query two levels deeper, numbers as floats, texts without blanks at their ends, lists in pages.
"""

from __future__ import annotations

import copy
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PROJECT = {
    "id": "4711",
    "slug": "memory",
    "name": "Memory",
    "fingerprintingRules": "",
    "groupingEnhancements": "",
    "relayPiiConfig": None,
    "sensitiveFields": ["an-old-one"],
    "safeFields": [],
    "dataScrubber": True,
    "dataScrubberDefaults": True,
    "scrubIPAddresses": False,
    "highlightTags": ["handled", "level"],
    "highlightContext": {},
    "platform": "python",
}
OF_ERRORS = {"id": "1", "projectId": "4711", "name": "Error Monitor", "type": "error", "dataSources": None}
OF_OTHERS = {"id": "2", "title": "Somebody's own", "projects": [], "widgets": []}
_PAGE = 2


class SentryApi:
    """Listens on loopback. ``failing`` maps pieces of "METHOD path" to the answers they get once or for ever."""

    def __init__(self, token: str) -> None:
        self.project = copy.deepcopy(PROJECT)
        self.detectors: dict[str, dict[str, Any]] = {"1": dict(OF_ERRORS)}
        self.workflows: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, dict[str, Any]] = {"2": dict(OF_OTHERS)}
        self.stats: list[tuple[str, str, str, int]] = []
        """Outcome, category, reason, quantity."""
        self.calls: list[tuple[str, str, Any]] = []
        self.failing: dict[str, list[tuple[int, dict[str, str], Any]]] = {}
        self._token = token
        self._last = 100
        api = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, answer = api._answer(
                    self.command, self.path, json.loads(raw or b"null"), self.headers.get("Authorization")
                )
                body = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815  # the names that http.server calls

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

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        """Every call that was not a question."""
        return [call for call in self.calls if call[0] != "GET"]

    def fail(self, piece: str, status: int, answer: Any = None, times: int = 99, **headers: str) -> None:
        """Answer calls whose "METHOD path" holds a piece in this way."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.failing[piece] = [(status, headers, answer or {"detail": "not allowed"})] * times

    def _answer(
        self, method: str, target: str, body: Any, token: str | None
    ) -> tuple[int, dict[str, str], Any]:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.calls.append((method, path, body))
        for piece, answers in self.failing.items():
            if piece in f"{method} {path}" and answers:
                return answers.pop()
        if token != f"Bearer {self._token}":
            return 401, {}, {"detail": "Invalid token"}
        if path == "/api/0/organizations/acme/stats_v2/":
            return self._counts(query)
        if path == "/api/0/projects/acme/memory/":
            return self._settings(method, body)
        found = re.fullmatch(
            r"/api/0/organizations/acme/(projects/memory/)?(detectors|workflows|dashboards)/(?:(\d+)/)?", path
        )
        # Monitors are made in a project and changed in the organisation.
        made_there = found is not None and (found[2] == "detectors") is bool(found[1])
        if found is None or (method == "POST" and not made_there):
            return 404, {}, {"detail": "The requested resource does not exist"}
        return self._entries(method, getattr(self, found[2]), found[3], body, query)

    def _settings(self, method: str, body: Any) -> tuple[int, dict[str, str], Any]:
        if method == "PUT":
            for key, value in body.items():
                self.project[key] = value.strip() if isinstance(value, str) else value
        return 200, {}, self.project

    def _counts(self, query: dict[str, list[str]]) -> tuple[int, dict[str, str], Any]:
        by = query["groupBy"]
        if query["field"] != ["sum(quantity)"] or query["project"] != [self.project["id"]]:
            return 400, {}, {"detail": "Invalid field"}
        groups = [
            {
                "by": {key: row[key] for key in by},
                "totals": {"sum(quantity)": row["quantity"]},
                "series": {"sum(quantity)": [row["quantity"]]},
            }
            for row in (
                dict(zip(("outcome", "category", "reason", "quantity"), row, strict=True))
                for row in self.stats
            )
        ]
        return 200, {}, {"start": "", "end": "", "intervals": [], "groups": groups}

    def _entries(
        self, method: str, entries: dict[str, Any], number: str | None, body: Any, query: dict[str, list[str]]
    ) -> tuple[int, dict[str, str], Any]:
        if method == "POST":
            self._last += 1
            number = str(self._last)
        if method != "GET":
            entries[number] = {**self._kept(body), "id": number}
            return 201 if method == "POST" else 200, {}, entries[number]
        if number is not None:
            return (200, {}, entries[number]) if number in entries else (404, {}, {"detail": "none"})
        if entries is self.dashboards:
            listed = [{"id": entry["id"], "title": entry["title"]} for entry in entries.values()]
        else:
            listed = list(entries.values())
        start = int(query.get("cursor", ["0:0:0"])[0].split(":")[1])
        more = str(start + _PAGE < len(listed)).lower()
        link = f'<{self.url}/>; rel="next"; results="{more}"; cursor="0:{start + _PAGE}:0"'
        return 200, {"Link": link}, listed[start : start + _PAGE]

    def _kept(self, body: dict[str, Any]) -> dict[str, Any]:
        """What Sentry makes of what is written."""
        kept = _with_ids(body)
        if "dataSources" in body:
            kept["dataSources"] = [
                {
                    "id": "9",
                    "type": "snuba_query_subscription",
                    "queryObj": {
                        "id": "9",
                        "snubaQuery": {key: value for key, value in source.items() if key != "queryType"}
                        | {"id": "9", "eventTypes": list(reversed(source["eventTypes"]))},
                    },
                }
                for source in body["dataSources"]
            ]
        if "detectorIds" in body:
            kept["detectorIds"] = list(reversed(body["detectorIds"]))
        return {**kept, "dateCreated": "2026-01-01T00:00:00Z", "createdBy": None}


def _with_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_ids(inner) for key, inner in value.items()} | {"organizationId": "1"}
    if isinstance(value, list):
        return [_with_ids(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return None if value == "" else value
