"""Data that looks like a word, a name, a route or a label is data all the same: it is in no byte that leaves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from oracle import assert_nothing_to_add
from programs import APPS, Server

from telemetry.testing import leaks
from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(APPS))
from planted import CUNNING

pytestmark = pytest.mark.xdist_group("wire-cunning")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, redis_port: int) -> Iterator[Sink]:
    home = tmp_path_factory.mktemp("cunning")
    settings = {
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "FOREIGN_DATABASE": str(home / "items.db"),
        "FOREIGN_REDIS": str(redis_port),
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": ".*",
    }
    with (
        Sink() as sink,
        Server("cunning:app", home=home, settings=settings | {"SENTRY_DSN": sink.dsn()}) as server,
    ):
        for path in ("/spans", "/sql", "/redis", "/sentry", "/names", "/made"):
            server.call(path)
        for tenant in ("short tenant", "tenant in a key", "tenant in another case"):
            assert server.call("/tenants/1", headers={"X-Tenant-Id": CUNNING[tenant]}).status == 500
        server.call("/healthz", headers={CUNNING["capture of header names"]: "1"})
        server.call("/healthz", headers={"Host": CUNNING["host header"]})
        server.call("/" + CUNNING["path under a host route"], headers={"Host": "people.test"})
        server.call(f"/clinics/{CUNNING['mounted path']}/ok")
        assert server.call(f"/clinics/{CUNNING['mounted path of an error']}/fail").status == 500
        server.end()
        yield sink
        assert_nothing_to_add(sink)


@pytest.mark.parametrize("place", sorted(CUNNING))
def test_what_looks_harmless_is_nowhere(run: Sink, place: str) -> None:
    assert not leaks.seen(CUNNING[place], run.requests)


def test_a_long_number_is_nowhere_though_it_is_a_float(run: Sink) -> None:
    values = [value for span in run.spans() for value in span.attributes.values()]
    values += [item for value in values if isinstance(value, list) for item in value]
    assert not [value for value in values if isinstance(value, float) and abs(value) >= 10**9]


def test_file_names_hold_no_directory_of_the_machine(run: Sink) -> None:
    """Somebody's name stands in the path of a home directory."""
    names = {
        frame["filename"]
        for event in run.errors()
        for exception in event.get("exception", {}).get("values", [])
        for frame in exception.get("stacktrace", {}).get("frames", [])
    }
    assert names
    assert not [name for name in names if name.startswith("/")]
