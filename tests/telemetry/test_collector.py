"""The standard variables that name a collector, as Settings doesn't test them yet: each alone, and wrong ones."""

from __future__ import annotations

import pytest

from telemetry.configuration.collector import SIGNALS, Collector
from telemetry.configuration.environment import Environment

BASE = "OTEL_EXPORTER_OTLP_"


def collector(signal="traces", **variables):
    env = Environment({f"{BASE}{name}": value for name, value in variables.items()})
    return Collector.of(env, signal), env


def test_without_an_endpoint_there_is_none():
    assert collector(PROTOCOL="grpc", HEADERS="a=b", TIMEOUT="3")[0] is None


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_signals_own_variables_go_before_the_general_ones(signal):
    own = signal.upper()
    found, env = collector(
        signal,
        ENDPOINT="http://general:4318",
        TIMEOUT="3",
        COMPRESSION="gzip",
        HEADERS="a=general",
        **{
            f"{own}_ENDPOINT": "http://own:4318/path",
            f"{own}_TIMEOUT": "4",
            f"{own}_COMPRESSION": "none",
            f"{own}_HEADERS": "a=own",
        },
    )
    assert found == Collector(
        "http://own:4318/path", timeout=4.0, compression="none", headers=(("a", "own"),)
    )
    assert env.problems == []
    assert env.sources[f"otlp_{signal}_timeout"] == f"{BASE}{own}_TIMEOUT"


def test_what_is_wrong_with_the_signals_own_falls_back_to_the_general_one():
    found, env = collector(ENDPOINT="http://general:4318", TRACES_ENDPOINT="nonsense", TIMEOUT="x")
    assert found.url == "http://general:4318/v1/traces"
    assert found.timeout == Collector.timeout
    assert sorted(problem.variable for problem in env.problems) == [
        f"{BASE}TIMEOUT",
        f"{BASE}TRACES_ENDPOINT",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENDPOINT", "http://user:hunter2@collector:4318"),
        ("ENDPOINT", "collector:4318"),
        ("ENDPOINT", "unix:///hunter2"),
        ("PROTOCOL", "http/json"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "-1"),
        ("TIMEOUT", "nan"),
        ("TIMEOUT", "inf"),
        ("TIMEOUT", "301"),
        ("COMPRESSION", "zstd"),
        ("HEADERS", "hunter2"),
        ("HEADERS", "=hunter2"),
        ("CERTIFICATE", "/nowhere/hunter2.pem"),
        ("CLIENT_CERTIFICATE", "/"),
        ("CLIENT_KEY", "/nowhere/hunter2.key"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable_and_never_repeated(name, value):
    _, env = collector(**{"ENDPOINT": "http://c:4318", name: value})
    assert [problem.variable for problem in env.problems] == [f"{BASE}{name}"]
    assert "hunter2" not in str(env.problems)


def test_headers_are_percent_decoded_and_kept_out_of_the_representation():
    found, _ = collector(ENDPOINT="http://c:4318", HEADERS="Authorization=Basic%20hunter2%3D, x = y ")
    assert found.headers == (("Authorization", "Basic hunter2="), ("x", "y"))
    assert "hunter2" not in repr(found)


def test_files_are_named_as_they_are(tmp_path):
    files = {name: tmp_path / name for name in ("CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY")}
    for file in files.values():
        file.write_text("pem")
    found, _ = collector(ENDPOINT="https://c:4318", **{name: str(file) for name, file in files.items()})
    assert (found.certificate, found.client_certificate, found.client_key) == tuple(map(str, files.values()))
    assert "CLIENT_KEY" not in repr(found)


@pytest.mark.parametrize(
    ("endpoint", "insecure", "url"),
    [
        ("http://c:4317/ignored/path", "", "http://c:4317"),
        ("https://c:4317", "true", "https://c:4317"),
        ("c:4317", "", "https://c:4317"),
        ("c:4317", "true", "http://c:4317"),
        ("[::1]:4317", "true", "http://[::1]:4317"),
    ],
)
def test_a_grpc_endpoint_is_an_address(endpoint, insecure, url):
    found, env = collector(ENDPOINT=endpoint, PROTOCOL="grpc", INSECURE=insecure)
    assert (found.url, env.problems) == (url, [])


def test_an_endpoint_that_is_both_wrong_and_the_only_one_is_none():
    assert collector(ENDPOINT="http://c:port")[0] is None
