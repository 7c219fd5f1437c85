"""Whatever the deployments name is there: variables that somebody reads, files, and places on a dashboard."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from collectors import OTEL
from ruamel.yaml import YAML

from telemetry.configuration import table

CONFIGURATIONS = {
    "gateway": ("collector.yaml", "scrub.yaml"),
    "agent": ("collector-agent.yaml",),
}
OF_GO = {"GOMEMLIMIT"}
_VARIABLE = re.compile(r"\$\{env:([A-Z_]+)(:-)?")


def loaded(name: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load_all((OTEL / name).read_text(encoding="utf-8")))


def containers() -> dict[str, dict[str, Any]]:
    """The containers of Kubernetes, by what runs in them."""
    gateway, service = (loaded(f"kubernetes/base/{name}.yaml")[0] for name in ("gateway", "service"))
    pod = service["spec"]["template"]["spec"]
    return {
        "gateway": gateway["spec"]["template"]["spec"]["containers"][0],
        "agent": pod["initContainers"][0],
        "service": pod["containers"][0],
    }


def given() -> dict[tuple[str, str], set[str]]:
    """The variables that are set, by where and for what."""
    services = loaded("compose.yaml")[0]["services"]
    found = {
        ("compose", "gateway"): set(services["collector"]["environment"]),
        ("compose", "service"): set(services["continuum"]["environment"]),
        ("compose", "setup"): set(services["setup"]["environment"]),
    }
    for what, container in containers().items():
        found["kubernetes", what] = {entry["name"] for entry in container["env"]} | secret(what)
    return found


def secret(what: str) -> set[str]:
    """What the file's first comment says of the secret that the operator makes."""
    if what == "agent":
        return set()
    text = (OTEL / "kubernetes" / "base" / f"{what}.yaml").read_text(encoding="utf-8")
    comment = " ".join(line[2:] for line in text.splitlines()[:4] if line.startswith("# "))
    return set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", comment.partition("holds ")[2].partition(". ")[0]))


def read_by_the_service() -> set[str]:
    from continuum.core import settings

    own = re.findall(r"``([A-Z][A-Z_]+)``", Path(settings.__file__).read_text(encoding="utf-8"))
    return {variable for row in table.rows() for variable in row.variables} | set(own)


def read_by_the_collector(what: str) -> dict[str, bool]:
    """The variables of its configurations, and which of them have no default."""
    text = "".join((OTEL / name).read_text(encoding="utf-8") for name in CONFIGURATIONS[what])
    return {name: not default for name, default in _VARIABLE.findall(text)}


@pytest.mark.parametrize(("where", "what"), given())
def test_every_variable_that_is_set_is_read_by_what_it_is_set_for(where: str, what: str) -> None:
    variables = given()[where, what]
    assert variables
    known = set(read_by_the_collector(what)) if what in CONFIGURATIONS else read_by_the_service()
    assert variables - OF_GO <= known


@pytest.mark.parametrize(("where", "what"), [one for one in given() if one[1] in CONFIGURATIONS])
def test_every_variable_without_a_default_is_set(where: str, what: str) -> None:
    needed = {name for name, is_needed in read_by_the_collector(what).items() if is_needed}
    assert needed
    assert needed <= given()[where, what]


def test_what_the_composition_mounts_and_builds_from_is_there() -> None:
    services = loaded("compose.yaml")[0]["services"].values()
    mounted = [mount.partition(":")[0] for service in services for mount in service.get("volumes", ())]
    files = [name for name in mounted if name.startswith(".")]
    files += [f"../../{service['build']['dockerfile']}" for service in services if "build" in service]
    assert len(files) >= 7
    assert [name for name in files if not (OTEL / name).exists()] == []
    assert {name for name in mounted if not name.startswith(".")} == set(loaded("compose.yaml")[0]["volumes"])


def test_the_dashboard_asks_a_source_that_is_provided_and_no_panel_lies_on_another() -> None:
    panels = json.loads((OTEL / "grafana" / "continuum.json").read_text(encoding="utf-8"))["panels"]
    (sources,) = loaded("grafana/sources.yaml")
    assert {panel["datasource"]["uid"] for panel in panels} == {one["uid"] for one in sources["datasources"]}
    assert len({panel["id"] for panel in panels}) == len(panels) > 5
    places = [panel["gridPos"] for panel in panels]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
