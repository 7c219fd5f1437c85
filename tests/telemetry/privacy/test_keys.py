"""The keys of the conventions: what passes under them, and what never does."""

from __future__ import annotations

import enum
import importlib
import inspect
import json
import re
import sys

import pytest

from telemetry.privacy import keys, policy, scrub, words
from telemetry.privacy.vocabulary import Vocabulary

UUID = "0195d2a4-7c1b-7e2f-9a3b-4c5d6e7f8a9b"
OPERATOR = frozenset({"eu-west-1", "shop", "shop-7d4b9c-x2x9z", "rack-7"})

PASSES = {
    "gen_ai.operation.name": "search_memory",
    "gen_ai.provider.name": "azure.ai.openai",
    "gen_ai.response.finish_reasons": ["stop", "tool_calls"],
    "gen_ai.request.encoding_formats": ["base64"],
    "gen_ai.token.type": "input",
    "gen_ai.output.type": "json",
    "gen_ai.usage.input_tokens": 812,
    "gen_ai.usage.cache_read.input_tokens": 700,
    "gen_ai.request.temperature": 0.2,
    "gen_ai.memory.record.count": 3,
    "gen_ai.memory.record.id": UUID,
    "gen_ai.memory.store.id": "7fb5-fe695983e8caa23dc0f40a125f0f93ba",
    "messaging.system": "kafka",
    "messaging.operation.type": "process",
    "messaging.kafka.offset": 91_204_551_234,
    "rpc.system.name": "grpc",
    "rpc.response.status_code": "DEADLINE_EXCEEDED",
    "rpc.grpc.status_code": 4,
    "http.connection.state": "active",
    "db.client.connection.state": "idle",
    "db.client.connection.pool.name": "shop",
    "faas.trigger": "pubsub",
    "faas.coldstart": True,
    "faas.invocation_id": UUID,
    "k8s.pod.name": "shop-7d4b9c-x2x9z",
    "k8s.pod.uid": UUID,
    "k8s.pod.status.reason": "Evicted",
    "k8s.container.restart_count": 2,
    "cloud.provider": "aws",
    "cloud.platform": "aws_lambda",
    "cloud.region": "eu-west-1",
    "container.id": "0a" * 32,
    "process.exit.code": 137,
    "network.connection.state": "time_wait",
    "otel.span.sampling_result": "RECORD_AND_SAMPLE",
    "otel.scope.version": "0.66b1",
    "log.iostream": "stderr",
    "code.file.path": json.decoder.__file__,
    "code.lineno": 337,
    "code.namespace": "json.decoder",
    "error.type": "json.decoder.JSONDecodeError",
}
SAID = "asked Maya about the divorce"


def attributes(given, profile="strict"):
    return scrub.Scrubber(Vocabulary(profile, operator=OPERATOR)).attributes(given)


@pytest.mark.parametrize("key", PASSES)
def test_what_an_operator_needs_passes_in_strict(key):
    shown = "json/decoder.py" if key == "code.file.path" else PASSES[key]
    assert attributes({key: PASSES[key]}) == {key: shown}
    assert attributes({key: shown}) == {key: shown}


@pytest.mark.parametrize("key", sorted(policy.SAFE_KEYS))
def test_a_sentence_passes_under_no_safe_key_in_strict(key):
    assert SAID not in json.dumps(attributes({key: SAID}))
    assert SAID not in json.dumps(attributes({key: [SAID]}))


@pytest.mark.parametrize("key", sorted(policy.SAFE_KEYS))
def test_a_word_that_nobody_knows_passes_under_no_safe_key_in_strict(key):
    for word in ("okonkwo", "Okonkwo", "/okonkwo", "okonkwo.diary"):
        assert word not in json.dumps(attributes({key: word})) or policy.SAFE_KEYS[key] == "source"


@pytest.mark.parametrize("key", sorted(keys.DROPPED))
@pytest.mark.parametrize("profile", ["strict", "balanced", "development"])
def test_what_may_name_somebody_or_tell_what_was_said_never_leaves(profile, key):
    assert attributes({key: "Maya"}, profile) == {}
    assert attributes({key: ["Maya"]}, profile) == {}
    assert attributes({key: 4711}, profile) == {}


@pytest.mark.parametrize("profile", ["strict", "balanced", "development"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gen_ai.memory.store.id", "maya"),
        ("gen_ai.memory.store.id", UUID),
        ("gen_ai.memory.record.id", "mem_maya_birthday"),
        ("gen_ai.memory.record.id", "491511234567"),
        ("container.id", "491511234567"),
        ("code.file.path", "/home/maya/diary.py"),
        ("code.filepath", "diary/of/maya.py"),
        ("http.request.header.x-maya", ["Maya"]),
        ("http.response.header.location", "/of/maya"),
        ("rpc.request.metadata.name", ["Maya"]),
        ("rpc.grpc.request.metadata.name", ["Maya"]),
        ("gen_ai.prompt.variable.user_name", "Maya"),
        ("gen_ai.user.message", "Maya"),
        ("gen_ai.response.finish_reasons", ["Maya asked", "so it ended"]),
    ],
)
def test_where_a_shape_or_a_rule_says_no_nothing_stays_in_any_profile(profile, key, value):
    clean = json.dumps(list(attributes({key: value}, profile).values()))
    assert "aya" not in clean
    assert str(value) not in clean


def test_no_key_is_both_safe_and_dropped_and_every_shape_is_there():
    assert not keys.SAFE.keys() & keys.DROPPED
    assert not words.NUMERIC_KEYS & keys.DROPPED
    assert set(keys.SAFE.values()) <= policy.SHAPES.keys()


def test_a_file_that_is_shown_belongs_to_a_loaded_module():
    scrubber = scrub.Scrubber(Vocabulary("strict"))
    assert scrubber.file(sys.modules["json"].__file__) == "json/__init__.py"
    assert scrubber.file("json/__init__.py") == "json/__init__.py"
    assert scrubber.file("/srv/json/diary.py") == "[redacted:path]"
    assert scrubber.file("json/diary.py") == "[redacted:path]"


AREAS = (
    "cloud container db deployment faas gen_ai host http k8s log messaging network os otel process rpc "
    "telemetry tls"
)


def enumerated():
    """Key and value of each enumeration of the installed conventions whose key is a safe word."""
    for area in AREAS.split():
        module = importlib.import_module(f"opentelemetry.semconv._incubating.attributes.{area}_attributes")
        for name, values in inspect.getmembers(module, inspect.isclass):
            if issubclass(values, enum.Enum) and name.endswith("Values"):
                constant = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removesuffix("Values")).upper()
                key = getattr(module, constant, None)
                if policy.SAFE_KEYS.get(key) == "word":
                    yield from ((key, str(member.value)) for member in values)


def test_every_word_that_the_installed_conventions_enumerate_is_known():
    pytest.importorskip("opentelemetry.semconv")
    found = set(enumerated())
    assert len(found) > 200
    vocabulary = Vocabulary("strict")
    unknown = {
        (key, value)
        for key, value in found
        if value[0].isalpha() and scrub.Scrubber(vocabulary).attributes({key: value}) != {key: value}
    }
    assert unknown == set()
