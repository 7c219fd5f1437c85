"""Log records leave with the program's own words and numbers, and with nothing that was put into them."""

from __future__ import annotations

import json
import logging

import noting
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk.trace import TracerProvider

from telemetry import log_handler, trace_scope
from telemetry.delivery.otlp_logs import OtlpLogExporter
from telemetry.gate.logs import clean_log
from telemetry.gate.noted import note_line, note_record, severity_of
from telemetry.testing.canaries import Canaries


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with noting.application(tmp_path_factory.mktemp("app")) as module:
        yield module


@pytest.fixture
def canary():
    return Canaries()


@pytest.fixture
def noted():
    """A provider to which the lines of Python's logging go as well."""
    made = noting.Noting()
    log_handler.attach(made.provider, made.ledger)
    yield made
    log_handler.detach()
    assert made.faults == {}


def clean(noted_log, profile="strict", scope=None):
    return clean_log(noted_log, scope, noting.scrubbing_of(profile))


def line_of(template, *arguments, logger="notes_app", path="", **more):
    made = logging.LogRecord(logger, logging.ERROR, path, 1, template, arguments, None)
    made.__dict__.update(more)
    return note_line(made)


# --- What stays ------------------------------------------------------------------------------------------------


def test_a_template_keeps_its_words_and_loses_what_was_put_into_it(app, noted, canary):
    app.line(canary.sentence("argument"))
    app.line(3)
    assert [record.body for record in noted.records] == ["could not index [data]", "could not index 3"]


def test_an_api_record_keeps_a_body_that_stands_in_the_code(app, noted):
    app.record(noted.provider.get_logger("some.scope"))
    assert noted.records[0].body == "could not reach the index"


def test_what_helps_to_find_the_trouble_stays(app, noted, canary):
    try:
        app.fail(canary.sentence("said"))
    except app.LearningError:
        app.line("x", exc_info=True, extra={"batch_size": 12, "http.route": "/learn"})
    record = noted.records[0]
    told = dict(record.attributes)
    assert noted.exported[0].instrumentation_scope.name == "notes_app"
    assert (record.severity_text, record.severity_number) == ("ERROR", SeverityNumber.ERROR)
    assert told["exception.type"] == "notes_app.LearningError"
    assert told["exception.message"] == "could not learn [data] in time"
    assert "in fail" in told["exception.stacktrace"]
    assert told["code.file.path"] == "notes_app.py"
    assert told["code.function.name"] == "notes_app.line"
    assert told["code.line.number"] == 13
    assert told["batch_size"] == 12
    assert record.timestamp > 10**18
    assert noted.exported[0].resource.attributes["service.name"] == "memory"


def test_an_exception_that_is_logged_as_a_message_keeps_its_own_words(app, noted, canary):
    try:
        app.fail(canary.sentence("said"))
    except app.LearningError as error:
        app.logger.error(error)
    assert noted.records[0].body == "could not learn [data] in time"


def test_an_event_keeps_the_name_that_stands_in_the_code(app, noted):
    app.event(noted.provider.get_logger("notes_app"), attributes={"batch_size": 2})
    assert noted.records[0].event_name == "memory.learned"
    assert noted.records[0].body is None
    assert noted.records[0].attributes["batch_size"] == 2


def test_a_percent_sign_without_arguments_is_no_placeholder(app, canary):
    assert clean(line_of("could not index %s", path=app.__file__)).log_record.body == "could not index %s"


@pytest.mark.parametrize(
    ("level", "number"), [(0, 0), (10, 5), (20, 9), (25, 12), (30, 13), (40, 17), (50, 21), (99, 24)]
)
def test_levels_of_logging_become_opentelemetry_s_numbers(level, number):
    assert severity_of(level) == number


def test_a_record_belongs_to_the_span_it_was_logged_in_and_to_its_tenant(app, noted):
    with TracerProvider(shutdown_on_exit=False).get_tracer("x").start_as_current_span("x") as span:
        before = trace_scope.enter(trace_scope.TraceScope())
        trace_scope.current().tenant = "abcd-0123"
        try:
            app.line(1)
        finally:
            trace_scope.enter(before)
    record, context = noted.records[0], span.get_span_context()
    assert (record.trace_id, record.span_id) == (context.trace_id, context.span_id)
    assert record.trace_flags == context.trace_flags
    assert record.attributes["continuum.tenant.hash"] == "abcd-0123"


def test_balanced_keeps_what_nothing_objects_to(app, canary):
    said = canary.sentence("registered")
    scope = trace_scope.TraceScope()
    scope.register((said,))
    path = app.__file__
    plain = clean(line_of("could not index %s", "the blue book", path=path), "balanced", scope)
    mail = clean(line_of("could not index %s", "zq7@mail.example.org", path=path), "balanced", scope)
    registered = clean(line_of("could not index %s", said, path=path), "balanced", scope)
    assert plain.log_record.body == "could not index the blue book"
    assert "zq7" not in mail.log_record.body
    assert not noting.leaked(said, [registered])


# --- What goes -------------------------------------------------------------------------------------------------


class Talkative:
    """Says what it holds to whoever asks."""

    def __init__(self, said):
        self.said = said

    def __str__(self):
        return self.said

    __repr__ = __str__


def places(app, noted, said, key):
    """Logs a text in every place that a log record has, and in keys."""
    logger = noted.provider.get_logger("notes_app")
    try:
        app.fail(said)
    except app.LearningError as error:
        failure = error
    yield lambda: app.line(said)
    yield lambda: app.line(Talkative(said))
    yield lambda: app.line({"deep": [said]})
    yield lambda: app.line(said.encode())
    yield lambda: app.line(failure)
    yield lambda: app.line(1, extra={key: 1, "learned_in": said, "who": [said, {"a": said}]})
    yield lambda: app.line(1, exc_info=failure)
    yield lambda: app.line(1, stack_info=True, extra={"stack": said})
    yield lambda: app.logger.error(said)
    yield lambda: app.logger.error(said, said)
    yield lambda: app.logger.error("%(who)s", {"who": said})
    yield lambda: app.logger.error({"event": said, key: {"deep": [{"deeper": said}]}})
    yield lambda: app.logger.error([said, {"a": said}])
    yield lambda: app.logger.error(failure)
    yield lambda: app.logger.error(Talkative(said))
    yield lambda: logging.getLogger(said).error("x")
    yield lambda: logging.getLogger(f"notes_app.{key}").error("x")
    yield lambda: app.record(logger, attributes={key: said, "learned_in": (said,), "exception.type": said})
    yield lambda: app.record(logger, attributes={"exception.message": said, "exception.stacktrace": said})
    yield lambda: app.record(logger, attributes={"code.file.path": said, "code.function.name": said})
    yield lambda: app.record(logger, severity_text=said, event_name=said)
    yield lambda: app.event(logger, body=said)
    yield lambda: app.event(logger, body={key: said, "list": [[said]], "bytes": said.encode()})
    yield lambda: app.event(logger, exception=failure)
    yield lambda: app.record(noted.provider.get_logger(said, said, f"https://{key}.test/1", {"scope": said}))


@pytest.mark.parametrize("number", range(25))
def test_what_was_said_leaves_from_no_place(app, noted, canary, number):
    said = canary.sentence("said")
    todo = list(places(app, noted, said, said.replace(" ", "_")))
    assert len(todo) == 25
    todo[number]()
    assert len(noted.exported) == 1
    assert not noting.leaked(said, noted.exported)
    for word in said.split():
        assert len(word) < 8 or not noting.leaked(word, noted.exported)


@pytest.mark.parametrize("number", range(25))
def test_what_a_request_brought_in_leaves_from_no_place_in_balanced(app, canary, number):
    said, noted, scope = canary.sentence("said"), noting.Noting("balanced"), trace_scope.TraceScope()
    scope.register((said,))
    log_handler.attach(noted.provider, noted.ledger)
    before = trace_scope.enter(scope)
    try:
        list(places(app, noted, said, "learned_in"))[number]()
    finally:
        trace_scope.enter(before)
        log_handler.detach()
    assert len(noted.exported) == 1
    assert not noting.leaked(said, noted.exported)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    before=st.text(max_size=40),
    after=st.text(max_size=40),
    shape=st.sampled_from(["template", "argument", "body", "attribute", "key", "event", "logger"]),
)
def test_a_planted_secret_is_in_no_output_whatever_stands_around_it(app, before, after, shape):
    secret = Canaries()("secret")
    text = f"{before}{secret}{after}"
    fields = {
        "template": lambda: line_of(text, path=app.__file__),
        "argument": lambda: line_of("could not index %s", text, path=app.__file__),
        "body": lambda: note_record(LogRecord(body=[text, {text: text}]), _Scope("notes_app")),
        "attribute": lambda: note_record(LogRecord(attributes={"who": text}), _Scope("notes_app")),
        "key": lambda: note_record(LogRecord(attributes={text: text}), _Scope("notes_app")),
        "event": lambda: note_record(
            LogRecord(event_name=text, severity_text=text, body=text), _Scope("notes_app")
        ),
        "logger": lambda: line_of("x", logger=text),
    }
    cleaned = clean(fields[shape]())
    assert secret.encode() not in OtlpLogExporter(noting.scrubbing_of()).encode([cleaned])


class _Scope:
    version = schema_url = None

    def __init__(self, name):
        self.name = name


def test_a_clean_record_that_is_cleaned_again_stays_the_same(app, noted, canary):
    said = canary.sentence("said")
    for log in places(app, noted, said, said.replace(" ", "_")):
        log()
    for exported in noted.exported:
        record = exported.log_record
        noted_again = note_record(record, exported.instrumentation_scope)
        noted_again.path = app.__file__  # which a clean record doesn't tell
        again = clean(noted_again).log_record
        assert (again.body, again.event_name) == (record.body, record.event_name)
        assert (again.severity_text, again.severity_number) == (record.severity_text, record.severity_number)
        # Frames are shown without directories, so that they are no longer those of files.
        other = {"exception.stacktrace": None, "code.function.name": None}
        assert json.dumps(dict(again.attributes) | other) == json.dumps(dict(record.attributes) | other)


def test_ids_and_stamps_that_are_none_are_left_out():
    record = LogRecord(timestamp="yesterday", observed_timestamp=-1, severity_number=99, body=1)
    record.trace_id, record.span_id, record.trace_flags = "x", 2**70, 512
    cleaned = clean(note_record(record, _Scope("x"))).log_record
    assert cleaned.timestamp is None
    assert cleaned.observed_timestamp > 0
    assert (cleaned.trace_id, cleaned.span_id, cleaned.trace_flags) == (0, 0, 0)
    assert cleaned.severity_number is None


def test_a_clean_copy_holds_neither_a_live_span_nor_baggage(canary):
    from opentelemetry import baggage
    from opentelemetry.context import Context

    context = baggage.set_baggage("who", canary("baggage"), Context())
    cleaned = clean(note_record(LogRecord(context=context, body=1), _Scope("x"))).log_record
    assert canary.planted["baggage"] not in repr(cleaned.context)
    assert cleaned.exception is None


def test_large_cyclic_and_hostile_bodies_are_bounded(app, noted):
    cycle: dict = {}
    cycle["self"] = cycle
    for body in (
        "x" * 10_000_000,
        ["y" * 10_000_000] * 100,
        cycle,
        {"k" * 10**6: 1},
        b"z" * 10**7,
        float("nan"),
    ):
        app.event(noted.provider.get_logger("notes_app"), body=body)
    assert len(noted.exported) == 6
    assert len(OtlpLogExporter(noted.scrubbing).encode(noted.exported)) < 50_000


def test_nothing_of_what_is_logged_is_called(app, noted):
    def called(*_arguments):
        raise AssertionError("code of the application was called")

    names = ("__str__", "__repr__", "__format__", "__len__", "__bool__", "__iter__", "__eq__", "__hash__")
    rude = type("Rude", (), dict.fromkeys(names, called))()
    app.line(rude)
    app.logger.error(rude)
    app.line(1, extra={"rude": rude})
    app.event(noted.provider.get_logger("notes_app"), body=[rude], attributes={"rude": rude})
    assert len(noted.exported) == 4
