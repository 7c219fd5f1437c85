"""What telemetry is told about memory operations that fail, are refused, are not countable, or cross to a peer."""

import re

import pytest

import telemetry
from continuum.core.errors import InvalidFilter, StorageError
from continuum.core.observed import Observed, operation, synced_counts
from continuum.core.records import Note
from telemetry.privacy.tenants import Pseudonyms

pytest_plugins = ["telemetry.testing"]


class Engine:
    """An engine whose methods do what they are told."""

    @operation("forget", lambda _answer: 1 / 0)
    def forget(self, _tenant, action):
        """Forgets."""
        return action()


@pytest.fixture
def watched(wire):
    """Telemetry in this process; what it sent of spans and of measurements, after a flush."""
    wire.setup(OTEL_EXPORTER_OTLP_ENDPOINT=wire.otlp_endpoint)

    def watched():
        assert wire.flush()
        points = {metric.name: metric.points for metric in wire.sink.metrics()}
        return {span.name: span for span in wire.spans()}, points

    return watched


def raising(error):
    def action():
        raise error

    return action


def labels(verb, name="delete_memory", **more):
    return {"gen_ai.operation.name": name, "continuum.memory_operation": verb, **more}


def test_a_method_stays_what_it_is_and_answers_as_before_whether_telemetry_runs_or_not(wire, tenant):
    assert Engine.forget.__name__ == "forget"
    assert Engine.forget.__doc__ == "Forgets."
    assert Engine().forget(tenant, lambda: 7) == 7
    with pytest.raises(KeyError):
        Engine().forget(tenant, raising(KeyError("mine")))
    wire.setup()
    assert Engine().forget(tenant, lambda: 7) == 7  # whose answer can't be counted
    with pytest.raises(KeyError) as raised:
        Engine().forget(tenant, raising(KeyError("mine")))
    telemetry.capture_message("afterwards")
    telemetry.capture_exception(raised.value)
    assert wire.flush()
    # No request runs: what stayed here would stay on whatever this thread does next.
    assert [event.get("tags", {}).get("memory_operation") for event in wire.errors()] == [None, None]


def test_refused_failed_and_interrupted_operations_are_told_apart(watched, tenant):
    for error in (InvalidFilter("no"), StorageError("no"), KeyError("no"), KeyboardInterrupt()):
        # As a piece of work, so that what it notes is gone with it.
        with telemetry.operation("learn.commit"), pytest.raises(type(error)):
            Engine().forget(tenant, raising(error))
    _, points = watched()
    durations = {
        point["continuum.memory.outcome"]: count
        for point, count in points["continuum.memory.operation.duration"]
    }
    assert durations == {"refused": 1, "failed": 2}
    assert points["continuum.memory.errors"] == [
        (labels("forget", **{"error.type": kind}), 1)
        for kind in ("continuum.core.errors.InvalidFilter", "continuum.core.errors.StorageError", "KeyError")
    ]
    assert "continuum.memory.records" not in points


def test_what_was_refused_is_a_breadcrumb_of_the_error_that_comes_after_it(wire, watched, engine, tenant):
    said = wire.canaries.sentence("memory")
    with telemetry.operation("learn.commit"):  # a name that stands in the product's code
        engine.learn(tenant, Note(said))
        with pytest.raises(InvalidFilter):
            engine.search(tenant, cursor=said)
        try:
            raise LookupError(said)
        except LookupError as error:
            telemetry.capture_exception(error)
    watched()
    (event,) = wire.errors()
    assert event["tags"]["memory_operation"] == "search"
    crumbs = [crumb for crumb in event["breadcrumbs"]["values"] if crumb["type"] != "log"]
    assert {crumb["category"] for crumb in crumbs} == {"operation", "db", "validation"}
    order = [crumb["message"] for crumb in crumbs if crumb["category"] != "db"]
    assert order[:2] == ["learn.commit started", "upsert_memory started"]
    assert order[-3:] == [
        "search_memory started",
        "search_memory failed",
        "what was asked for is not possible",
    ]
    wire.assert_clean()


def test_an_exchange_with_a_peer_is_one_operation_on_each_side_and_the_peer_has_a_pseudonym(
    wire, watched, tenant
):
    peer = wire.canaries("peer")
    with telemetry.operation("learn.commit"):
        with Observed("sync_push", tenant, peer=peer) as observed:
            observed.tell(synced_counts(records=5))
        with Observed("sync_pull", tenant, peer=peer) as observed:
            with telemetry.part("learn.link", noted=False):
                pass
            observed.tell(synced_counts(records=7, known=2, erased=1))
    spans, points = watched()
    pulled, applied = spans["sync_memory"], spans["learn.link"]
    assert applied.parent_id == pulled.span_id
    hashed = Pseudonyms(wire.environ()["CONTINUUM_TELEMETRY_HASH_KEY"]).of("peer", peer)
    told = {key: value for key, value in pulled.attributes.items() if not key.endswith("tenant.hash")}
    assert re.fullmatch(r"[0-9a-f]{4}-[0-9a-f]{32}", told.pop("gen_ai.memory.store.id"))
    assert told == labels("sync_pull", "sync_memory") | {
        "continuum.peer.hash": hashed,
        "gen_ai.memory.record.count": 7,
        "continuum.memory.duplicates": 2,
        "continuum.memory.rows_erased": 1,
    }
    assert applied.attributes["continuum.peer.hash"] == hashed
    # Giving memories away makes the service no poorer.
    assert points["continuum.memory.records"] == [({}, 6)]
    wire.assert_clean()
