"""What a Prometheus is shown: what has passed the gate, once, on an address that was asked for."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from contextlib import closing

import pytest

pytest.importorskip("opentelemetry.exporter.prometheus", reason="the extra `prometheus` is not installed")

import prometheus_client
from prometheus_client.parser import text_string_to_metric_families

from telemetry import self_metrics
from telemetry.configuration.settings import Settings
from telemetry.delivery import prometheus
from telemetry.doctor import destinations
from telemetry.doctor.subject import Subject
from telemetry.measurements import measure
from telemetry.pipeline import Pipeline
from telemetry.testing.canaries import Canaries

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environ(port, **more):
    return {
        "OTEL_METRICS_EXPORTER": "prometheus",
        "OTEL_EXPORTER_PROMETHEUS_PORT": str(port),
        "CONTINUUM_TELEMETRY_HASH_KEY": "a key of the test suite, long enough",
        **more,
    }


def ask(port, path="/metrics", **headers):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def series(text, name):
    """By the labels that are not the scope's: the value."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name:
                labels = {
                    key: value for key, value in sample.labels.items() if not key.startswith("otel_scope")
                }
                key = tuple(sorted((key, value) for key, value in labels.items() if value))
                assert key not in found, "Prometheus refuses a page with a series that comes twice"
                found[key] = sample.value
    return found


@pytest.fixture
def shown():
    """A pipeline whose metrics are shown, as in an application that is served, and its port."""
    port = free_port()
    built = Pipeline(Settings.from_environ(environ(port)))
    built.stay()
    yield built, port
    built.shutdown(1.0)


def test_the_page_shows_what_passed_the_gate_and_nothing_of_anybody_else(shown):
    built, port = shown
    canaries = Canaries()
    theirs = prometheus_client.Counter(canaries("name"), "an application's own, which no gate has seen")
    try:
        meter = built.metrics.get_meter(self_metrics.SCOPE)
        counter = meter.create_counter("continuum.telemetry.faults", "{fault}")
        for label in ("sender", canaries("label"), canaries("label")):
            counter.add(1, {"continuum.telemetry.place": label})
        meter.create_counter(canaries("metric")).add(1)
        status, kind, text = ask(port)
        assert (status, kind) == (200, prometheus_client.exposition.CONTENT_TYPE_PLAIN_0_0_4)
        counted = series(text, "continuum_telemetry_faults_total")
        assert sorted(counted.values()) == [1, 2]
        assert counted[("continuum_telemetry_place", "sender"),] == 1
        assert "target_info" in text
        _, kind, opened = ask(port, Accept=OPENMETRICS)
        assert kind.startswith(OPENMETRICS)
        assert not [label for label, planted in canaries.planted.items() if planted in text + opened]
    finally:
        prometheus_client.REGISTRY.unregister(theirs)


def test_a_flush_and_a_second_question_show_each_series_once(shown):
    built, port = shown
    built.metrics.get_meter(self_metrics.SCOPE).create_counter("continuum.telemetry.faults").add(1)
    for _ in range(2):
        built.flush(1.0)
        _, _, text = ask(port)
        assert series(text, "continuum_telemetry_faults_total") == {(): 1}


def test_two_scopes_that_measure_under_one_name_keep_their_own_labels(shown):
    built, port = shown
    told = {
        "telemetry.self_metrics": {"continuum.telemetry.place": "sender"},
        "telemetry.ledger": {"error.type": "KeyError"},
    }
    for scope, labels in told.items():
        built.metrics.get_meter(scope).create_counter("continuum.telemetry.faults").add(1, labels)
    _, _, text = ask(port)
    assert series(text, "continuum_telemetry_faults_total") == {
        (("continuum_telemetry_place", "sender"),): 1,
        (("error_type", "KeyError"),): 1,
    }


def test_nothing_else_is_served_and_whoever_is_silent_holds_nobody_up(shown, monkeypatch):
    built, port = shown
    monkeypatch.setattr(prometheus._Handler, "timeout", 0.2)
    built.metrics.get_meter(self_metrics.SCOPE).create_counter("continuum.telemetry.faults").add(1)
    assert ask(port, "/")[0] == ask(port, "/metrics/../x")[0] == 404
    assert ask(port, "/metrics?name=x")[0] == 200
    assert ask(port, Accept="application/openmetrics-text; version=x")[0] == 200
    with socket.create_connection(("127.0.0.1", port)):
        assert ask(port)[0] == 200
    assert built.ledger.snapshot()["faults"] == {}


def test_an_address_that_is_taken_is_a_trouble_and_everything_else_goes_on():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        built = Pipeline(Settings.from_environ(environ(port)))
        built.stay()
        built.metrics.get_meter(self_metrics.SCOPE).create_counter("continuum.telemetry.faults").add(1)
        built.stay()
        (trouble,) = built.troubles
        assert trouble.startswith(f"no metrics for Prometheus at localhost, port {port}: ")
        built.shutdown(1.0)


@pytest.mark.parametrize("host", ["a" * 100, "192.0.2.1", "::"])
def test_a_host_that_is_not_this_machine_does_not_stop_the_application(host):
    built = Pipeline(Settings.from_environ(environ(free_port(), OTEL_EXPORTER_PROMETHEUS_HOST=host)))
    built.stay()
    assert len(built.troubles) == (0 if built.page._server else 1)
    assert built.page._server is None or host == "::"
    built.shutdown(1.0)


def test_it_listens_while_the_process_serves_or_measures_and_never_for_a_command():
    port = free_port()
    built = Pipeline(Settings.from_environ(environ(port)))
    # As when it is installed: also by a launcher, whose workers are to answer.
    self_metrics.register(built.metrics.get_meter(self_metrics.SCOPE), built.ledger)
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    measure(built, "continuum.telemetry.faults", 1, unit="1", kind="counter", labels={}, module=__name__)
    assert ask(port)[0] == 200
    built.shutdown(1.0)
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    built.stay()
    assert ask(port)[0] == 200
    built.shutdown(1.0)

    command = Pipeline(Settings.from_environ(environ(port)).for_a_short_life())
    assert command.metrics is None


def test_the_child_of_a_fork_leaves_the_address_to_a_parent_that_answers(shown):
    built, port = shown
    child = os.fork()
    if child == 0:
        built.after_fork()
        built.stay()
        os._exit(0 if built.page._server is None and not built.troubles else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert ask(port)[0] == 200


def test_without_its_extra_the_rest_goes_on_and_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.prometheus", None)
    monkeypatch.delitem(sys.modules, "telemetry.delivery.prometheus", raising=False)
    built = Pipeline(Settings.from_environ(environ(free_port(), SENTRY_DSN="http://k@127.0.0.1:9/7")))
    assert built.troubles == ["no metrics for Prometheus: install continuum-memory[prometheus]"]
    assert built.errors is not None
    assert built.metrics is None


def found_by_the_doctor(**more):
    variables = environ(9464, SENTRY_DSN="http://k@127.0.0.1:9/7", **more)
    settings = Settings.from_environ(variables)
    built = Pipeline(settings.for_a_short_life())
    findings = destinations.examine(Subject(variables, settings, built, ""))
    return {finding.id: finding for finding in findings}


def test_the_doctor_says_where_metrics_are_shown_that_everybody_may_ask_and_what_is_missing(monkeypatch):
    found = found_by_the_doctor()
    assert "metrics to whoever asks localhost, port 9464" in found["destinations"].said
    assert "metrics.prometheus" not in found
    assert found_by_the_doctor(OTEL_EXPORTER_PROMETHEUS_HOST="0.0.0.0")["metrics.prometheus"].state == "note"
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.prometheus", None)
    missing = found_by_the_doctor()["metrics.prometheus"]
    assert missing.state == "problem"
    assert "continuum-memory[prometheus]" in missing.do


@pytest.mark.parametrize(
    ("raw", "pushed", "shown"),
    [
        ("prometheus", False, True),
        ("otlp", True, False),
        ("Prometheus, otlp", True, True),
        ("none", False, False),
    ],
)
def test_metrics_are_pushed_or_shown_or_both(raw, pushed, shown):
    settings = Settings.from_environ(
        {"OTEL_METRICS_EXPORTER": raw, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}
    )
    assert (settings.sends_metrics, settings.serves_metrics) == (pushed, shown)
    assert settings.problems == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_METRICS_EXPORTER", "none,prometheus"),
        ("OTEL_METRICS_EXPORTER", "console"),
        ("OTEL_METRICS_EXPORTER", ","),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "http://hunter2"),
    ],
)
def test_what_is_no_exporter_and_no_address_is_named_and_not_repeated(variable, value):
    (problem,) = Settings.from_environ({variable: value}).problems
    assert problem.variable == variable
    assert "hunter2" not in str(problem)
