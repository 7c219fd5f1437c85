"""Statements become spans by way of the dialect, and an engine whose requests aren't recorded has no listeners."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.sqlalchemy import engine as instrumentation

import telemetry

pytest_plugins = ["telemetry.testing"]


@pytest.fixture
def engine(wire):
    wire.setup(SENTRY_TRACES_SAMPLE_RATE="1")
    return sa.create_engine("sqlite://", poolclass=sa.StaticPool)


def spans_of(wire):
    assert wire.flush()
    return [span for span in wire.spans() if span.attributes.get("db.system.name") == "sqlite"]


def listeners(engine):
    dispatch = engine.dispatch
    return [*dispatch.before_cursor_execute, *dispatch.after_cursor_execute, *engine.pool.dispatch.checkout]


def test_each_way_of_executing_makes_one_span(wire, engine):
    with telemetry.operation("database.work"), engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (body TEXT)")
        connection.execute(sa.text("INSERT INTO notes VALUES (:body)"), [{"body": "one"}, {"body": "two"}])
        connection.execute(sa.text("DELETE FROM notes WHERE body = :body"), {"body": "one"})
        assert connection.execute(sa.text("SELECT body FROM notes")).all() == [("two",)]
    assert not listeners(engine)
    assert sorted(span.name for span in spans_of(wire)) == [
        "CREATE notes",
        "DELETE notes",
        "INSERT notes",
        "SELECT notes",
        "connect",
    ]


def test_a_statement_that_fails_raises_as_ever_and_its_span_has_failed(wire, engine):
    with telemetry.operation("database.work"), engine.connect() as connection:
        with pytest.raises(sa.exc.OperationalError, match="no such table: absent"):
            connection.execute(sa.text("SELECT body FROM absent"))
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    ended = sorted(span.status for span in spans_of(wire) if span.name.startswith("SELECT"))
    assert ended == ["ERROR", "UNSET"]


def test_who_leaves_in_the_middle_of_a_statement_leaves_and_its_span_has_ended(wire):
    class Interrupted(sqlite3.Cursor):
        def execute(self, statement, *parameters):
            if statement == "SELECT 1":
                raise KeyboardInterrupt
            return super().execute(statement, *parameters)

    class Connection(sqlite3.Connection):
        def cursor(self, *_):
            return super().cursor(Interrupted)

    wire.setup(SENTRY_TRACES_SAMPLE_RATE="1")
    engine = sa.create_engine("sqlite://", connect_args={"factory": Connection})
    with (
        pytest.raises(KeyboardInterrupt),
        telemetry.operation("database.work"),
        engine.connect() as connection,
    ):
        connection.execute(sa.text("SELECT 1"))
    assert [span.status for span in spans_of(wire) if span.name == "SELECT"] == ["UNSET"]


def test_an_instrumentation_that_fails_stays_there(wire, engine, monkeypatch):
    def fail(*_):
        raise RuntimeError("no span")

    monkeypatch.setattr(instrumentation, "_get_db_name_from_cursor_or_conn", fail)
    with telemetry.operation("database.work"), engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    assert [span.name for span in spans_of(wire)] == ["connect"]
    assert telemetry.status()["ledger"]["faults"]["database spans: RuntimeError"] == 1


def test_listeners_that_execute_statements_themselves_do_not_hide_them(wire, engine):
    @sa.event.listens_for(engine, "do_execute")
    def execute(cursor, statement, parameters, _context):
        cursor.execute(statement, parameters)
        return True

    with telemetry.operation("database.work"), engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    assert [span.name for span in spans_of(wire) if span.name == "SELECT"] == ["SELECT"]


def test_an_engine_executes_by_itself_once_the_instrumentation_is_gone(wire, engine):
    with telemetry.operation("database.work"), engine.connect() as connection:
        SQLAlchemyInstrumentor().uninstrument()
        assert "do_execute" not in vars(engine.dialect)
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    assert [span.name for span in spans_of(wire) if span.name == "SELECT"] == []


def test_connections_of_the_pool_are_counted_for_who_takes_metrics(wire):
    wire.setup(
        SENTRY_TRACES_SAMPLE_RATE="0",
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{wire.otlp_endpoint}/v1/metrics",
    )
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
    assert wire.flush()
    assert "db.client.connections.usage" in {metric.name for metric in wire.sink.metrics()}
