"""Runs Bugsink, a server of Sentry's protocol, and reads what it stored from its database."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from programs import Listening, environment

HERE = Path(__file__).parent
BIN = HERE.parents[1] / ".venv-e2e" / "bin"


@dataclass(frozen=True)
class Issue:
    """One issue, with the events that were put into it as they were stored."""

    type: str
    value: str
    events: tuple[dict[str, Any], ...]


class Bugsink(Listening):
    """One server with three projects, all of its files in a folder of its own."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True)
        self.home = home
        self._database = home / "bugsink.db"
        settings = {
            "PATH": f"{BIN}:{os.defpath}",
            "PYTHONPATH": str(HERE),
            "DJANGO_SETTINGS_MODULE": "bugsink_settings",
            "BUGSINK_HOME": str(home),
            "BUGSINK_KEY": secrets.token_hex(32),
            "DATABASE_PATH": str(self._database),
            "SNAPPEA_DATABASE_PATH": str(home / "tasks.db"),
        }
        made = subprocess.run(
            [str(BIN / "python"), str(HERE / "bugsink_projects.py")],
            cwd=home,
            env=environment(home, settings),
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert made.returncode == 0, made.stderr[-2000:]
        keys = made.stdout.split()
        serve = ["--bind", "127.0.0.1:{port}", "--threads", "4", "--access-logfile", "-"]
        super().__init__(
            [str(BIN / "gunicorn"), "bugsink.wsgi", *serve], home=home, settings=settings, launcher=False
        )
        self.dsns = [f"http://{key}@127.0.0.1:{self.port}/{number}" for number, key in enumerate(keys, 1)]

    def issues(self, project: int = 1) -> list[Issue]:
        """All issues of a project, the oldest first."""
        columns = "id, calculated_type, calculated_value"
        found = self._rows(
            f"SELECT {columns} FROM issues_issue WHERE project_id = ? ORDER BY digest_order", project
        )
        return [
            Issue(
                kind,
                value,
                tuple(
                    json.loads(data)
                    for (data,) in self._rows("SELECT data FROM events_event WHERE issue_id = ?", number)
                ),
            )
            for number, kind, value in found
        ]

    def items(self, kind: str, project: int = 1) -> list[dict[str, Any]]:
        """The payloads of a type of envelope items, as they came; not what was made of them."""
        found = self._rows("SELECT data FROM ingest_envelope WHERE project_pk = ?", project)
        envelopes = [data.split(b"\n") for (data,) in found]
        return [json.loads(lines[2]) for lines in envelopes if json.loads(lines[1])["type"] == kind]

    def send(self, event: dict[str, Any], project: int) -> None:
        """Store an event as any client of Sentry would."""
        key = self.dsns[project - 1].removeprefix("http://").partition("@")[0]
        envelope = [{"event_id": event["event_id"]}, {"type": "event"}, event]
        answer = self.call(
            f"/api/{project}/envelope/?sentry_key={key}",
            method="POST",
            body="\n".join(map(json.dumps, envelope)),
        )
        assert answer.status == 200, answer.body

    def column(self, query: str) -> list[Any]:
        """The first column of what a query finds."""
        return [row[0] for row in self._rows(query)]

    def everything(self) -> bytes:
        """Each value of each table, and each other file that was written, the log too."""
        tables = self.column("SELECT name FROM sqlite_master WHERE type = 'table'")
        values = [
            value for table in tables for row in self._rows(f'SELECT * FROM "{table}"') for value in row
        ]
        files = [
            path.read_bytes() for path in self.home.rglob("*") if path.is_file() and path != self._database
        ]
        return b"\n".join(
            [*(value if isinstance(value, bytes) else str(value).encode() for value in values), *files]
        )

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()
