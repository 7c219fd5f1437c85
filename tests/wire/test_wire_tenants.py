"""A tenant is known by its pseudonym, everywhere the same, and never by its name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from programs import HASH_KEY, Server

from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Running

pytestmark = pytest.mark.xdist_group("wire-foreign")

ALICE, BOB = "alice-and-daughters", "bob-the-undertaker"


def test_every_span_and_the_error_of_a_request_carry_the_pseudonym(foreign: Running) -> None:
    trace_id = foreign.server.trace("/tenant/10", headers={"X-Tenant-Id": ALICE})
    expected = Pseudonyms(HASH_KEY).of("tenant", ALICE)
    spans = foreign.sink.whole(trace_id)
    assert len(spans) >= 3
    assert {span.attributes.get("continuum.tenant.hash") for span in spans} == {expected}
    (event,) = foreign.sink.errors_of(trace_id)
    assert event["user"] == {"id": expected}


def test_without_a_tenant_there_is_no_pseudonym(foreign: Running) -> None:
    trace_id = foreign.server.trace("/broken/1")
    assert not [span for span in foreign.sink.whole(trace_id) if "continuum.tenant.hash" in span.attributes]
    (event,) = foreign.sink.errors_of(trace_id)
    assert "user" not in event


def test_tenants_whose_requests_lie_across_each_other_are_never_mixed(foreign: Running) -> None:
    def request(step: int) -> tuple[str, str]:
        tenant = (ALICE, BOB)[step % 2]
        return foreign.server.trace(f"/tenant/{step}", headers={"X-Tenant-Id": tenant}), tenant

    with ThreadPoolExecutor(16) as pool:
        sent = dict(pool.map(request, range(200)))
    known = Pseudonyms(HASH_KEY)
    foreign.sink.wait_for(lambda sink: len(sent.keys() & {s.trace_id for s in sink.servers()}) == 200, 20)
    traces = foreign.sink.traces()
    for trace_id, tenant in sent.items():
        hashes = {span.attributes.get("continuum.tenant.hash") for span in traces[trace_id]}
        assert hashes == {known.of("tenant", tenant)}
        assert len(traces[trace_id]) >= 3
    failed = foreign.sink.wait_for(
        lambda sink: (
            [e for e in sink.errors() if e["contexts"]["trace"]["trace_id"] in sent][19:]
            and [e for e in sink.errors() if e["contexts"]["trace"]["trace_id"] in sent]
        )
    )
    assert len(failed) == 20
    for event in failed:
        tenant = sent[event["contexts"]["trace"]["trace_id"]]
        assert event["user"] == {"id": known.of("tenant", tenant)}


def test_no_tenant_s_name_is_in_any_byte(foreign: Running) -> None:
    foreign.sink.whole(foreign.server.trace("/tenant/10", headers={"X-Tenant-Id": ALICE}))
    assert not [hit for tenant in (ALICE, BOB) for hit in leaks.find(tenant, foreign.sink.requests)]


def test_a_pseudonym_outlives_a_restart_and_changes_with_the_key(tmp_path: Path) -> None:
    seen = []
    for key in (None, None, "another key of the test suite, long enough"):
        settings = {"FOREIGN_DATABASE": str(tmp_path / "items.db"), "SENTRY_TRACES_SAMPLE_RATE": "1"}
        # Without a key in the environment one is kept in the user's data directory.
        settings["CONTINUUM_TELEMETRY_HASH_KEY"] = key or ""
        with (
            Sink() as sink,
            Server("foreign:app", home=tmp_path, settings=settings | {"SENTRY_DSN": sink.dsn()}) as server,
        ):
            spans = sink.whole(server.trace("/tenant/1", headers={"X-Tenant-Id": ALICE}))
            seen.append({span.attributes["continuum.tenant.hash"] for span in spans})
    assert len(seen[0]) == 1
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
