"""Errors that end a program, and ends that are no errors: commands, starts that fail, interrupts."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from programs import APPS, BIN, HASH_KEY, Program, environment, free_port

from continuum.storage.database import open_database
from continuum.storage.tenants import ensure_tenant
from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing import leaks
from telemetry.testing.sink import SilentSink, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "Ottokar-owes-money-to-Roswitha"
TENANT = "clinic-of-roswitha"


@pytest.fixture
def fail(tmp_path: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run `continuum --verbose search`, which fails because a table of the database has gone."""
    file = tmp_path / "memory.db"
    database = open_database(file)
    with database.write() as connection:
        ensure_tenant(connection, TENANT)
    database.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE concept_links RENAME TO elsewhere")

    def run(**settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "continuum", "--verbose", "search", SECRET, "--tenant", TENANT],
            env=environment(tmp_path, {"DATABASE_URL": f"sqlite:///{file}"} | settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def test_a_command_that_fails_sends_its_name_and_none_of_its_arguments(
    fail: Callable[..., subprocess.CompletedProcess[str]], sink: Sink
) -> None:
    ended = fail(SENTRY_DSN=sink.dsn(), SENTRY_TRACES_SAMPLE_RATE="1")
    assert ended.returncode == 1
    (event,) = sink.errors()
    assert f"Reported as event {event['event_id']}." in ended.stderr
    assert event["tags"]["cli_command"] == "search"
    assert event["tags"]["memory_operation"] == "recall"
    assert event["user"] == {"id": Pseudonyms(HASH_KEY).of("tenant", TENANT)}
    types = [value["type"] for value in event["exception"]["values"]]
    assert types == ["OperationalError", "OperationalError", "RecallError"]
    (command,) = [span for span in sink.spans() if span.name == "cli.command"]
    trace = event["contexts"]["trace"]
    assert (trace["trace_id"], trace["span_id"]) == (command.trace_id, command.span_id)
    assert (command.status, command.attributes["continuum.cli_command"]) == ("ERROR", "search")
    assert {span.trace_id for span in sink.spans()} == {command.trace_id}
    for private in (SECRET, TENANT):
        assert not leaks.seen(private, sink.requests)


def test_a_command_keeps_its_exit_code_and_waits_two_seconds_at_most_for_a_backend_that_is_silent(
    fail: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    began = time.monotonic()
    assert fail().returncode == 1
    alone = time.monotonic() - began
    silent = SilentSink()
    try:
        began = time.monotonic()
        assert fail(SENTRY_DSN=silent.dsn()).returncode == 1
        # Two for the delivery; the rest is for importing it on a machine with other work.
        assert time.monotonic() - began < alone + 2 + 4
    finally:
        silent.close()


def test_a_start_that_fails_is_one_event_and_ends_the_server(tmp_path: Path, sink: Sink) -> None:
    settings = {"SENTRY_DSN": sink.dsn(), "STARTING_FOR": SECRET}
    command = [str(BIN / "uvicorn"), "starting:app", "--app-dir", str(APPS), "--port", str(free_port())]
    with Program(command, home=tmp_path, settings=settings) as program:
        assert program.wait() == 3
        assert "Application startup failed" in program.log
    (event,) = sink.errors()
    (value,) = event["exception"]["values"]
    assert (value["type"], value["value"]) == ("LookupError", "no configuration for [data]")
    assert value["mechanism"]["handled"] is False
    assert value["stacktrace"]["frames"][-1]["filename"] == "starting.py"
    assert not leaks.seen(SECRET, sink.requests)


def test_somebody_who_interrupts_a_program_is_no_error(tmp_path: Path, sink: Sink) -> None:
    command = [sys.executable, str(APPS / "interrupted.py")]
    settings = {"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"}
    with Program(command, home=tmp_path, settings=settings) as program:
        assert program.wait() == -2
    assert not sink.errors()
    assert [(span.name, span.status) for span in sink.spans()] == [("script.work", "UNSET")]
