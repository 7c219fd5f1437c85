"""The collector's own checker accepts every configuration, and nothing starts without its keys."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from collectors import GATEWAY, OTEL, Ports, agent_settings, gateway_settings

from telemetry.testing.sink import Sink

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.collector

SECOND = {
    "CONTINUUM_SECOND_SERVICE": "billing",
    "CONTINUUM_SECOND_OTLP_URL": "https://sentry.example/api/8/integration/otlp",
    "CONTINUUM_SECOND_PUBLIC_KEY": "def456",
}


def settings_of(home: Path) -> dict[str, str]:
    with Sink() as sink:
        return {**gateway_settings(home, Ports(), sink), **agent_settings(home, Ports(), Ports()), **SECOND}


def validate(
    binary: Path, names: tuple[str, ...], settings: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    options = [part for name in names for part in ("--config", str(OTEL / name))]
    return subprocess.run(
        [str(binary), "validate", *options],
        env={"PATH": os.defpath, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "names", [GATEWAY, ("collector-agent.yaml",), (*GATEWAY, "collector-projects.yaml")], ids="+".join
)
def test_a_configuration_is_accepted(binary: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    checked = validate(binary, names, settings_of(tmp_path))
    assert checked.returncode == 0, checked.stderr[-2000:]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("CONTINUUM_COLLECTOR_KEY", "hmac_key"),
        ("SENTRY_OTLP_URL", "endpoint"),
        ("CONTINUUM_GATEWAYS", "resolver"),
    ],
)
def test_what_has_no_default_is_asked_for(binary: Path, tmp_path: Path, missing: str, said: str) -> None:
    names = ("collector-agent.yaml",) if missing == "CONTINUUM_GATEWAYS" else GATEWAY
    settings = settings_of(tmp_path)
    del settings[missing]
    checked = validate(binary, names, settings)
    assert checked.returncode != 0
    assert said in checked.stderr


def test_the_manifest_holds_what_the_configurations_use_and_nothing_else(binary: Path) -> None:
    from ruamel.yaml import YAML

    components = YAML(typ="safe").load(
        subprocess.run([str(binary), "components"], capture_output=True, text=True, check=True).stdout
    )
    built = {
        kind: {one["name"] for one in components[kind] or ()}
        for kind in ("receivers", "processors", "exporters")
    }
    built["extensions"] = {one["name"] for one in components["extensions"] or ()}
    used: dict[str, set[str]] = {kind: set() for kind in built}
    for name in ("collector.yaml", "scrub.yaml", "collector-agent.yaml", "collector-projects.yaml"):
        configuration = YAML(typ="safe").load((OTEL / name).read_text(encoding="utf-8"))
        for kind in built:
            used[kind] |= {key.partition("/")[0] for key in configuration.get(kind, {})}
    used["exporters"] |= {"otlp_grpc"}  # what the balancer speaks to the gateways
    assert built == used
