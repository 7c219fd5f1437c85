"""A demo request that failed: an event, a span and a log line with values planted where they turn up.

The values stand in a data file, because words that stand in the code would be known to be the program's.
"""

from __future__ import annotations

import json
import traceback
from importlib.resources import files
from typing import Any, Final

from telemetry.preview.forms import Form

ROUTES: Final = ("/v1/recall/{session}",)


def forms() -> list[Form]:
    """What telemetry's gates would get of the request: an error, its server span with a query, a log line."""
    planted = json.loads(files("telemetry.preview").joinpath("demo.json").read_text(encoding="utf-8"))
    try:
        _answer(planted["said"], planted["tenant"])
    except LookupError as error:
        event = _event(error, planted)
    line = f"could not mail {planted['email']} about {planted['said']}"
    return [Form("event", event), Form("span", _span(planted)), Form("text", line)]


def _answer(question: str, tenant: str) -> None:
    raise LookupError(f"no memory of tenant {tenant!r} answers {question!r}")


def _event(error: Exception, planted: dict[str, Any]) -> dict[str, Any]:
    frames = [
        {
            "abs_path": frame.f_code.co_filename,
            "filename": frame.f_code.co_filename,
            "function": frame.f_code.co_name,
            "lineno": line,
            "vars": {name: repr(value) for name, value in frame.f_locals.items() if isinstance(value, str)},
        }
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return {
        "level": "error",
        "transaction": f"POST {ROUTES[0]}",
        "request": {
            "url": f"https://{planted['tenant']}.example.org/v1/recall/17",
            "headers": {"authorization": f"Bearer {planted['token']}"},
            "data": {"message": planted["said"]},
        },
        "user": {"email": planted["email"]},
        "exception": {
            "values": [
                {"type": type(error).__name__, "value": str(error), "stacktrace": {"frames": frames}},
            ]
        },
        "breadcrumbs": {
            "values": [
                {
                    "category": "httpx",
                    "message": f"asking the model: {planted['said']}",
                    "data": {"http.request.method": "POST", "token": planted["token"]},
                }
            ]
        },
        "tags": {"tenant": planted["tenant"], "operation": "recall"},
        "extra": {"prompt": planted["said"], "attempts": 2},
    }


def _span(planted: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "SELECT memories",
        "kind": "client",
        "scope": {"name": "opentelemetry.instrumentation.sqlalchemy", "version": "0.65b0"},
        "attributes": {
            "db.system.name": "postgresql",
            "db.query.text": f"SELECT id FROM memories WHERE tenant = '{planted['tenant']}' LIMIT 5",  # noqa: S608  # never executed: the literal is what the gate must remove
            "db.user": planted["tenant"],
            "server.port": 5432,
            "question": planted["said"],
        },
        "events": [{"name": "cache miss", "attributes": {"key": planted["email"], "size": 3}}],
        "status": {"code": "ERROR", "message": f"no answer for {planted['email']}"},
    }
