"""The real service against a real server of Sentry's protocol: what is stored, how it is grouped, and nothing said.

Bugsink takes errors only. It has no endpoint for OTLP (404: each span is counted as rejected), it ignores
transactions, sessions and client reports, and it has no fingerprint rules: what Sentry's would do is done to the
stored events here, and they are sent once more.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fingerprint_rules
import pytest
from failing_service import ENVIRONMENT, RELEASE, TENANTS, FailingService
from programs import HASH_KEY, Server
from sentry_server import Bugsink

from telemetry.as_code.sources import Sources
from telemetry.as_code.wanted import Wanted
from telemetry.privacy.tenants import Pseudonyms
from telemetry.testing import leaks
from telemetry.testing.sink import Received

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WANTED = Wanted.of(Sources.of(Path(__file__).parents[2] / "deploy/sentry"))
RULES = fingerprint_rules.parse(WANTED.settings["fingerprintingRules"])
USERS = {Pseudonyms(HASH_KEY).of("tenant", tenant) for tenant in TENANTS}


@dataclass(frozen=True)
class Run:
    """The service's failures, and the server that was told of them."""

    service: FailingService
    server: Bugsink

    def events(self) -> list[dict[str, Any]]:
        return [event for issue in self.server.issues() for event in issue.events]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    home = tmp_path_factory.mktemp("e2e")
    with Bugsink(home / "bugsink") as server:
        yield Run(FailingService(home / "service", server.dsns[0]), server)


def test_the_same_bug_of_two_tenants_is_one_issue(run: Run) -> None:
    issues = {issue.type: issue for issue in run.server.issues()}
    kinds = {"TelemetryTestError", "LearnError", "RecallError"}
    assert len(issues.keys() - kinds) == 1  # the cache's
    for kind in kinds:
        assert {event["user"]["id"] for event in issues[kind].events} == USERS
    assert issues["RecallError"].value == "memories could not be read"


def test_every_error_of_the_service_is_stored_linked_to_its_trace(run: Run) -> None:
    stored = {event["contexts"]["trace"]["trace_id"] for event in run.events()}
    wanted = {trace for what in ("test", "learn", "locked", "recall") for trace in run.service.traces[what]}
    assert len(wanted) == 7
    assert stored > wanted  # one more: the cache's, in a request that went well
    assert run.service.ledger["ended"]["error"] == {"delivered": 8}


def test_release_and_environment_are_the_service_s(run: Run) -> None:
    assert run.server.column("SELECT version FROM releases_release") == [RELEASE]
    assert {(event["release"], event["environment"]) for event in run.events()} == {(RELEASE, ENVIRONMENT)}


def test_each_cause_gets_an_issue_of_its_own_by_the_rules(run: Run) -> None:
    for event in run.events():
        group = fingerprint_rules.group_of(event, RULES)
        run.server.send({**event, "fingerprint": list(group.fingerprint)}, project=2)
    issues = run.server.issues(project=2)
    found = {
        fingerprint_rules.group_of(issue.events[0], RULES).fingerprint[0]: len(issue.events)
        for issue in issues
    }
    assert len(found) == len(issues)
    assert found == {
        "redis-unreachable": 1,
        "telemetry-test": 2,
        "learn-failed": 2,
        "database-locked": 1,
        "recall-failed": 2,
    }


def test_nothing_that_was_said_is_anywhere_in_what_the_server_keeps(run: Run) -> None:
    kept = run.server.everything()
    seen = Received("/", {}, kept, kept, 200, time.time())
    assert leaks.find_all({"release": RELEASE}, [seen])
    assert not list(map(str, leaks.find_all(run.service.canaries.planted, [seen])))


def test_the_requests_are_told_as_sessions_by_how_they_ended(run: Run) -> None:
    told = run.server.items("sessions")
    assert {tuple(sorted(one["attrs"].items())) for one in told} == {
        (("environment", ENVIRONMENT), ("release", RELEASE))
    }
    ends = sum((Counter(minute) for one in told for minute in map(_counts, one["aggregates"])), Counter())
    assert ends.pop("exited") >= 3  # and the questions for telemetry's status
    assert ends == {"crashed": 7, "errored": 1}


def _counts(minute: dict[str, Any]) -> dict[str, int]:
    return {end: number for end, number in minute.items() if end != "started"}


def test_a_server_that_wants_no_transactions_gets_no_more_of_them_but_every_error(
    run: Run, tmp_path: Path
) -> None:
    settings = {
        "SENTRY_DSN": run.server.dsns[2],
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "SENTRY_TRACES_TRANSPORT": "envelope",
        "FOREIGN_DATABASE": str(tmp_path / "items.db"),
    }
    with Server("foreign:app", home=tmp_path, settings=settings) as server:
        server.call("/items/1")
        deadline = time.monotonic() + 20
        while not run.server.items("transaction", project=3) and time.monotonic() < deadline:
            time.sleep(0.1)
        told = len(run.server.items("transaction", project=3))
        for _ in range(10):
            server.call("/items/1")
        server.call("/broken/1")
        server.end()
    assert 1 <= told == len(run.server.items("transaction", project=3))
    assert len(run.server.items("event", project=3)) == 1


def test_what_the_server_has_no_place_for_is_counted(run: Run) -> None:
    spans = run.service.ledger["ended"]["span"]
    assert spans.keys() == {"rejected"}
    assert spans["rejected"] > 0
