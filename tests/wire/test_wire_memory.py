"""Memory operations at the wire: spans by the conventions, stages below them, measurements, and the last look.

One service and one sink for the whole file.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
import redis
from programs import HASH_KEY, Reply, Server, environment, free_port, valkey

from continuum.core.observed import OPERATIONS
from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from telemetry.testing.signals import Metric, Span

ONE, OTHER = "clinic-of-roswitha", "bakery-of-hedwig"
SAID = "Roswitha told me that her brother Ottokar gambles again"
ANSWERED = "Ottokar may want to call the helpline on Thursday"
THEIRS = "Hedwig hides the recipe of Ottokar's favourite rye bread"
ASKED = "What about Ottokar"
PRIVATE = [SAID, ANSWERED, THEIRS, ASKED, ONE, OTHER, "helpline on Thursday", "favourite rye"]
OURS = ("gen_ai.", "continuum.", "error.")
PSEUDONYM = re.compile(r"[0-9a-f]{4}-[0-9a-f]{32}")

pytestmark = pytest.mark.xdist_group("memory")


@dataclass(frozen=True)
class Service:
    """The service, a key of each tenant, its cache, and where its telemetry goes."""

    server: Server
    sink: Sink
    keys: dict[str, str]
    cache: redis.Redis
    page: int
    """The port on which a Prometheus is answered."""

    def call(self, tenant: str, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Reply:
        reply, _ = self.traced(tenant, path, body, method)
        return reply

    def traced(
        self, tenant: str, path: str, body: dict[str, Any] | None = None, method: str = "POST"
    ) -> tuple[Reply, list[Span]]:
        """One request and the spans of its trace, in the order of their starts."""
        trace_id = secrets.token_hex(16)
        headers = {
            "X-API-Key": self.keys[tenant],
            "Content-Type": "application/json",
            "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01",
        }
        reply = self.server.call(path, method=method, headers=headers, body=json.dumps(body or {}))
        return reply, sorted(self.sink.whole(trace_id), key=lambda span: span.start)

    def metric(self, name: str, **labels: str) -> Metric:
        """A metric as it was last sent, with each series once; it has one with these labels."""

        def latest(sink: Sink) -> Metric | None:
            found = [
                metric
                for metric in sink.metrics()
                if metric.name == name
                and any(labels.items() <= point_labels.items() for point_labels, _ in metric.points)
            ]
            return found[-1] if found else None

        found = self.sink.wait_for(latest)
        assert found, f"{name} {labels} never came"
        # A body may hold several collections: the last counts.
        series = {tuple(sorted(point.items())): (point, number) for point, number in found.points}
        return replace(found, points=list(series.values()))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home, page = tmp_path_factory.mktemp("memory"), free_port()
    with Sink() as sink, valkey(home / "valkey") as redis_port:
        settings = {
            "SENTRY_DSN": sink.dsn(),
            "SENTRY_TRACES_SAMPLE_RATE": "1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
            "OTEL_METRIC_EXPORT_INTERVAL": "200",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_METRICS_EXPORTER": "otlp,prometheus",
            "OTEL_EXPORTER_PROMETHEUS_PORT": str(page),
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "CONTINUUM_CACHE_ENABLED": "true",
            "DATABASE_URL": f"sqlite:///{home}/memory.db",
        }
        keys = {tenant: make_key(tenant, home, settings) for tenant in (ONE, OTHER)}
        with (
            Server("continuum.api.server:app", home=home, settings=settings) as server,
            redis.Redis(port=redis_port) as cache,
        ):
            yield Service(server, sink, keys, cache, page)


def make_key(tenant: str, home: Path, settings: dict[str, str]) -> str:
    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "continuum.cli",
            "keys",
            "create",
            tenant,
            "--scope",
            "read",
            "--scope",
            "write",
        ],
        env=environment(home, {"DATABASE_URL": settings["DATABASE_URL"]}),
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


def shape(spans: list[Span]) -> list[tuple[str, str]]:
    """The memory operation and its stages, each with the name of the span above it."""
    names = {span.span_id: span.name for span in spans}
    memory = {*OPERATIONS.values()}
    return [
        (span.name, names.get(span.parent_id, ""))
        for span in spans
        if span.name in memory or (span.kind == "INTERNAL" and span.name.startswith(("recall.", "learn.")))
    ]


def told(spans: list[Span], name: str) -> dict[str, Any]:
    """What a span says in our words and in those of generative AI, but for the tenant that all spans carry."""
    (span,) = [span for span in spans if span.name == name]
    return {
        key: value
        for key, value in span.attributes.items()
        if key.startswith(OURS) and key != "continuum.tenant.hash"
    }


def test_learning_recalling_and_forgetting_are_spans_with_stages_and_counts(service: Service) -> None:
    store = Pseudonyms(HASH_KEY).of("tenant", ONE)

    learned, spans = service.traced(ONE, "/v1/learn", {"user_message": SAID, "ai_response": ANSWERED})
    assert learned.status == 200
    assert shape(spans)[0] == ("upsert_memory", "POST /v1/learn")
    stages = dict(shape(spans)[1:])
    assert stages.keys() >= {"learn.extract", "learn.commit"}
    assert set(stages.values()) <= {"upsert_memory", "learn.store"}
    assert stages["learn.extract"] == stages["learn.commit"] == "upsert_memory"
    assert told(spans, "upsert_memory") == {
        "gen_ai.operation.name": "upsert_memory",
        "gen_ai.memory.store.id": store,
        "gen_ai.memory.record.count": 2,
        "continuum.memory_operation": "learn",
        "continuum.memory.duplicates": 0,
        "continuum.memory.concepts": learned.json()["concepts_extracted"],
        "continuum.memory.links": learned.json()["links_created"],
    }
    assert told(spans, "learn.extract") == {"continuum.memory.size": len(SAID) + len(ANSWERED)}

    recalled, spans = service.traced(ONE, "/v1/recall", {"message": ASKED})
    assert shape(spans) == [
        ("search_memory", "POST /v1/recall"),
        ("recall.cache", "search_memory"),
        ("recall.lexical", "search_memory"),
        ("recall.fuse", "search_memory"),
    ]
    expected = {
        "gen_ai.operation.name": "search_memory",
        "gen_ai.memory.store.id": store,
        "gen_ai.memory.record.count": 2,
        "continuum.memory_operation": "recall",
        "continuum.memory.size": len(SAID) + len(ANSWERED),
        "continuum.memory.concepts": recalled.json()["concepts_found"],
    }
    assert told(spans, "search_memory") == expected
    assert told(spans, "recall.cache") == {"continuum.memory.cache.outcome": "miss"}

    again, spans = service.traced(ONE, "/v1/recall", {"message": ASKED})
    assert again.json()["context"] == recalled.json()["context"]
    assert shape(spans) == [("search_memory", "POST /v1/recall"), ("recall.cache", "search_memory")]
    assert told(spans, "search_memory") == expected
    assert told(spans, "recall.cache") == {"continuum.memory.cache.outcome": "hit"}

    refused, spans = service.traced(ONE, "/v1/search", {"cursor": SAID})
    assert refused.status == 422
    assert told(spans, "search_memory")["error.type"] == "continuum.core.errors.InvalidFilter"

    ident = recalled.json()["memories"][0]["id"]
    _, spans = service.traced(ONE, f"/v1/memories/{ident}", method="DELETE")
    assert shape(spans) == [("delete_memory", "DELETE /v1/memories/{memory_id}")]
    assert told(spans, "delete_memory").items() >= {
        "gen_ai.memory.store.id": store,
        "gen_ai.memory.record.count": 1,
        "continuum.memory_operation": "forget",
    }.items()  # fmt: skip

    assert {span.kind for span in service.sink.spans() if span.name in OPERATIONS.values()} == {"INTERNAL"}
    for private in (*PRIVATE, ident, *service.keys.values()):
        assert not leaks.seen(private, service.sink.requests)


def test_what_was_measured_has_bounded_labels_and_no_text(service: Service) -> None:
    service.call(OTHER, "/v1/learn", {"user_message": THEIRS, "ai_response": ANSWERED})
    service.call(OTHER, "/v1/recall", {"message": ASKED})
    service.call(OTHER, "/v1/search", {"cursor": SAID})
    refused = service.metric("continuum.memory.operation.duration", **{"continuum.memory.outcome": "refused"})
    assert (refused.unit, refused.kind, refused.exemplars) == ("s", "histogram", 0)
    records = service.metric("continuum.memory.operation.records")
    assert (records.unit, records.kind) == ("{record}", "histogram")
    # Two learned, one of them forgotten, two learned by the other tenant.
    assert service.sink.wait_for(lambda _: service.metric("continuum.memory.records").points == [({}, 3)])
    lookups = service.metric("continuum.memory.cache.lookups")
    errors = service.metric("continuum.memory.errors")
    assert {point["error.type"] for point, _ in errors.points} == {"continuum.core.errors.InvalidFilter"}

    words = {
        "gen_ai.operation.name": {*OPERATIONS.values()},
        "continuum.memory_operation": {*OPERATIONS},
        "continuum.memory.outcome": {"ok", "refused", "failed"},
        "continuum.memory.cache.outcome": {"hit", "miss", "bypass"},
        "error.type": {"continuum.core.errors.InvalidFilter"},
    }
    for metric in (refused, records, lookups, errors):
        for labels, _ in metric.points:
            assert labels
            assert all(value in words[key] for key, value in labels.items()), labels


def test_another_tenants_answer_in_the_cache_is_left_out_and_reported_once(service: Service) -> None:
    """The answers of two tenants change places in Redis: what a wrong key, or a wrong hand, would do."""
    question = f"{ASKED} and the bread"
    own = {
        tenant: service.call(tenant, "/v1/recall", {"message": question}).json()["context"]
        for tenant in (ONE, OTHER)
    }
    assert own[ONE] != own[OTHER]
    before = len(service.sink.errors())
    hashes = {
        name: {field: kept for field, kept in service.cache.hgetall(name).items() if field != b"seal"}
        for name in service.cache.keys("continuum:recall:*")
    }
    (first, one), (second, other) = hashes.items()
    kept = {**one, **other}
    for name, theirs in ((first, other), (second, one)):
        # Under whatever field it is looked for, the other's answer is there.
        for field in kept:
            service.cache.hset(name, field, next(iter(theirs.values())))

    reply, spans = service.traced(OTHER, "/v1/recall", {"message": question})
    assert reply.json()["context"] == own[OTHER]
    assert told(spans, "recall.cache") == {"continuum.memory.cache.outcome": "bypass"}

    (event,) = service.sink.errors_of(spans[0].trace_id)
    assert len(service.sink.errors()) == before + 1
    assert event["level"] == "fatal"
    (value,) = event["exception"]["values"]
    assert value["type"] == "TenantBoundaryError"
    assert value["value"] == "something of another tenant was about to be given; it was left out"
    assert event["extra"] == {"left_out": 1}
    assert event["user"] == {"id": Pseudonyms(HASH_KEY).of("tenant", OTHER)}
    assert service.metric("continuum.memory.boundary_violations").points == [({}, 1)]
    # What led to it: the request, its operation, the database, the cache.
    crumbs = [crumb for crumb in event["breadcrumbs"]["values"] if crumb["type"] != "log"]
    assert {crumb["category"] for crumb in crumbs} == {"api", "operation", "db", "cache"}
    assert [crumb["message"] for crumb in crumbs if crumb["category"] == "operation"] == [
        "search_memory started",
        "recall.cache started",
    ]
    for private in (*PRIVATE, question):
        assert not leaks.seen(private, service.sink.requests)


def test_a_prometheus_is_shown_the_same_measurements_and_nothing_of_anybody(service: Service) -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="the extra `prometheus` is not installed")
    with urlopen(f"http://127.0.0.1:{service.page}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    shown = {
        sample.name: (sample.labels, sample.value)
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("continuum_memory_")
    }
    assert shown.keys() >= {
        "continuum_memory_records",
        "continuum_memory_errors_total",
        "continuum_memory_cache_lookups_total",
        "continuum_memory_operation_records_bucket",
        "continuum_memory_operation_duration_seconds_bucket",
        "continuum_memory_boundary_violations_total",
    }
    assert shown["continuum_memory_records"][1] == 3
    assert 'continuum_memory_operation="recall"' in text
    assert not [private for private in (*PRIVATE, *service.keys.values()) if private in text]
    assert not PSEUDONYM.search(text)  # a tenant is no label, under whatever name
