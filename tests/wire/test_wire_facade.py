"""Code that was written against sentry_integration, served for real: nothing bleeds, and everything comes once."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from programs import HASH_KEY, Server

from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KNOWN = Pseudonyms(HASH_KEY)
TENANTS = [f"tenant-number-{number}-of-ottokar" for number in range(20)]
STEPS = ("step-zero", "step-one", "step-two", "step-three", "step-four", "step-five", "step-six")

pytestmark = pytest.mark.xdist_group("wire-facade")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("facade")


@pytest.fixture(scope="module")
def served(home: Any, redis_port: int) -> Iterator[tuple[Server, Sink]]:
    """The application under the launcher."""
    settings = {"FOREIGN_DATABASE": str(home / "items.db"), "FOREIGN_REDIS": str(redis_port)}
    with (
        Sink() as sink,
        Server(
            "facade:app",
            home=home,
            settings={**settings, "SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "1"},
        ) as server,
    ):
        yield server, sink


def said(event: dict[str, Any]) -> dict[str, Any]:
    """The tags of an event that are not the process's own."""
    return {key: value for key, value in event.get("tags", {}).items() if key != "service.instance.id"}


def test_two_hundred_requests_of_twenty_tenants_that_lie_across_each_other_never_mix(
    served: tuple[Server, Sink],
) -> None:
    server, sink = served

    def request(step: int) -> tuple[str, int]:
        return server.trace(f"/recall/{step}", headers={"X-Tenant-Id": TENANTS[step % 20]}), step

    with ThreadPoolExecutor(16) as pool:
        sent = dict(pool.map(request, range(200)))

    def ours(sink: Sink) -> list[dict[str, Any]]:
        return [event for event in sink.errors() if event["contexts"]["trace"]["trace_id"] in sent]

    events = sink.wait_for(lambda sink: len(ours(sink)) == 200 and ours(sink), 20)
    assert len(events) == 200, Counter(event["contexts"]["trace"]["trace_id"] for event in ours(sink))
    for event in events:
        step = sent[event["contexts"]["trace"]["trace_id"]]
        tenant = TENANTS[step % 20]
        assert event["user"] == {"id": KNOWN.of("tenant", tenant)}
        assert said(event) == {
            "operation": STEPS[step % 7],
            "federation_peer": KNOWN.of("peer", f"peer-of-{tenant}"),
            "instance_id": KNOWN.of("instance", f"instance-of-{tenant}"),
            "step": step,
        }
        crumbs = event["breadcrumbs"]["values"]
        assert [crumb["data"]["step"] for crumb in crumbs if crumb["category"] == "validation"] == [step]
        assert [crumb["message"] for crumb in crumbs if crumb["category"] == "db"] == [
            "connect ended",
            "SELECT items ended",
        ]
    sink.wait_for(lambda sink: len(sent.keys() & {span.trace_id for span in sink.servers()}) == 200, 20)
    traces = sink.traces()
    for trace_id, step in sent.items():
        spans = traces[trace_id]
        assert {span.attributes["continuum.tenant.hash"] for span in spans} == {
            KNOWN.of("tenant", TENANTS[step % 20])
        }
        (recall,) = [span for span in spans if span.name == "memory.recall"]
        assert recall.attributes["continuum.operation"] == STEPS[step % 7]
        assert len([1 for name, _ in recall.events if name == "exception"]) == 1
    assert not leaks.find(TENANTS[3], sink.requests)


def test_the_next_request_has_nothing_of_the_one_before(served: tuple[Server, Sink]) -> None:
    server, sink = served
    server.trace("/plain/1", headers={"X-Tenant-Id": TENANTS[1]})
    trace_id = server.trace("/bare")
    (event,) = sink.errors_of(trace_id)
    assert "user" not in event
    assert said(event) == {}
    assert not [span for span in sink.whole(trace_id) if "continuum.operation" in span.attributes]


def test_what_a_plain_route_says_in_its_thread_is_known_where_its_error_is_captured(
    served: tuple[Server, Sink],
) -> None:
    server, sink = served
    trace_id = server.trace("/plain/1", headers={"X-Tenant-Id": TENANTS[1]})
    (event,) = sink.errors_of(trace_id)
    assert event["tags"]["operation"] == "step-one"
    assert event["user"] == {"id": KNOWN.of("tenant", TENANTS[1])}
    (learn,) = [span for span in sink.whole(trace_id) if span.name == "memory.learn"]
    assert learn.status == "ERROR"


def test_tasks_and_threads_of_a_request_know_what_it_knows(served: tuple[Server, Sink]) -> None:
    server, sink = served
    trace_id = server.trace("/task")
    events = sink.wait_for(lambda sink: len(sink.errors_of(trace_id, 0)) == 2 and sink.errors_of(trace_id, 0))
    assert [event["user"]["id"] for event in events] == [KNOWN.of("tenant", "acme")] * 2
    assert [event["tags"]["operation"] for event in events] == ["step-one"] * 2


def test_an_error_s_trail_tells_what_was_done_before_it(served: tuple[Server, Sink]) -> None:
    server, sink = served
    (event,) = sink.errors_of(server.trace("/trail"))
    crumbs = [
        (crumb["category"], crumb["message"])
        for crumb in event["breadcrumbs"]["values"]
        if crumb["category"] in ("api", "operation", "db", "cache", "validation")
    ]
    assert crumbs == [
        ("api", "GET /trail started"),
        ("operation", "memory.recall started"),
        ("db", "connect ended"),
        ("db", "SELECT items ended"),
        ("cache", "GET ended"),
        ("operation", "memory.recall ended"),
        ("validation", "memory.validate ended"),
    ]
    _, query = [crumb for crumb in event["breadcrumbs"]["values"] if crumb["category"] == "db"]
    assert query["data"]["db.system.name"] == "sqlite"
    assert query["data"]["duration_ms"] >= 0


def test_of_a_question_nothing_leaves(served: tuple[Server, Sink]) -> None:
    server, sink = served
    (event,) = sink.errors_of(server.trace("/memory?query=where-does-ottokar-live"))
    assert event["extra"]["continuum.query.length"] == len("where-does-ottokar-live")
    assert not leaks.find("where-does-ottokar-live", sink.requests)


def test_what_the_launcher_started_is_not_started_again_by_the_code(served: tuple[Server, Sink]) -> None:
    server, _ = served
    status = server.call("/status").json()
    assert status["enabled"] is True
    assert status["environment"] == "development"  # the launcher's; the argument came too late
    assert "sentry_key" not in json.dumps(status)


def test_an_unsampled_error_still_tells_its_operations(start: Callable[..., Server], sink: Sink) -> None:
    server = start("facade:app", settings={"SENTRY_DSN": sink.dsn(), "SENTRY_TRACES_SAMPLE_RATE": "0"})
    server.call("/trail")
    (event,) = sink.wait_for(lambda sink: sink.errors())
    messages = [
        crumb["message"] for crumb in event["breadcrumbs"]["values"] if crumb["category"] == "operation"
    ]
    assert messages[:2] == ["memory.recall started", "memory.recall ended"]


def test_without_the_launcher_the_arguments_stand_before_the_environment(
    start: Callable[..., Server], sink: Sink
) -> None:
    settings = {"SENTRY_DSN": sink.dsn(), "CONTINUUM_ENV": "production", "SENTRY_TRACES_SAMPLE_RATE": "0"}
    server = start("facade:app", settings=settings, launcher=False)
    trace_id = server.trace("/recall/7", headers={"X-Tenant-Id": TENANTS[7]})
    (event,) = sink.errors_of(trace_id)
    assert event["environment"] == "staging"
    assert event["user"] == {"id": KNOWN.of("tenant", TENANTS[7])}
    assert len([span for span in sink.whole(trace_id) if span.kind == "SERVER"]) == 1


@pytest.mark.parametrize(
    ("embedding", "launcher"),
    [("host first", True), ("host first", False), ("service first", False), ("starlette", False)],
)
def test_an_application_that_embeds_the_service_has_one_set_of_telemetry(
    start: Callable[..., Server], sink: Sink, tmp_path: Any, embedding: str, launcher: bool
) -> None:
    settings = {
        "SENTRY_DSN": sink.dsn(),
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "EMBEDDING": embedding,
        "DATABASE_URL": f"sqlite:///{tmp_path}/memory.db",
    }
    server = start("embedding:app", settings=settings, launcher=launcher)
    broken = server.trace("/memory/broken")
    (event,) = sink.errors_of(broken)
    servers = [span for span in sink.whole(broken) if span.kind == "SERVER"]
    assert len(servers) == 1, servers
    assert event["contexts"]["trace"]["span_id"] == servers[0].span_id
    if embedding != "starlette":
        own = server.trace("/own")
        assert len(sink.errors_of(own)) == 1
        assert len([span for span in sink.whole(own) if span.kind == "SERVER"]) == 1
    assert server.call("/memory/v1/health").status == 200
    assert len(sink.errors_of(broken, timeout=0)) == 1
