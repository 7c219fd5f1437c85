"""Each artefact is read by the tool that it is for, or by that tool's schema; skipped where it isn't installed.

``TOOLS_REQUIRED`` names tools, separated by spaces, that have to be there: CI sets it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from collectors import OTEL
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.semconv.metrics import http_metrics
from programs import BIN

from telemetry import self_metrics
from telemetry.ledger import End, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
REQUIRED = os.environ.get("TOOLS_REQUIRED", "").split()
NAME = re.compile(r"\b(?:otelcol|continuum|http)_[a-z0-9_]+(?=\{|\[|\)| )")
LABELS = re.compile(r"\{[^}]*\}|by \([^)]*\)")


def run(tool: str, *arguments: str | Path, folder: Path = OTEL) -> str:
    """Run a tool that has to accept what it is given; returns what it printed."""
    program = shutil.which(tool, path=TOOLS)
    if program is None:
        (pytest.fail if tool in REQUIRED else pytest.skip)(f"{tool} is not installed")
    done = subprocess.run(
        [program, *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def queries() -> Iterator[str]:
    """Every expression that Prometheus is asked, in the rules and on the dashboard."""
    from ruamel.yaml import YAML

    for group in YAML(typ="safe").load((OTEL / "prometheus" / "rules.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in json.loads((OTEL / "grafana" / "continuum.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def metric_names() -> set[str]:
    return {name for query in queries() for name in NAME.findall(f"{LABELS.sub('{', query)} ")}


def own_names() -> set[str]:
    """Our metrics as Prometheus names what comes in as OTLP: a counter ends in total, a unit is spelled out."""
    ledger = Ledger()
    ledger.accept("span")
    ledger.end("span", End.DELIVERED)
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    self_metrics.register(provider.get_meter(self_metrics.SCOPE), ledger)
    data: Any = reader.get_metrics_data()
    provider.shutdown()
    found = {
        metric.name.replace(".", "_") + ("_total" if getattr(metric.data, "is_monotonic", False) else "")
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    duration = http_metrics.HTTP_SERVER_REQUEST_DURATION.replace(".", "_")
    return found | {f"{duration}_seconds_{part}" for part in ("count", "bucket")}


def test_every_metric_of_ours_that_is_named_exists() -> None:
    named = {name for name in metric_names() if not name.startswith("otelcol_")}
    assert len(named) >= 5
    # Those that only count what went wrong or was removed are registered, and say nothing yet.
    silent = {"continuum_telemetry_redactions_total", "continuum_telemetry_faults_total"}
    assert named - silent <= own_names()
    source = Path(self_metrics.__file__).read_text(encoding="utf-8")
    assert all(f'"{name.removesuffix("_total").replace("_", ".")}"' in source for name in silent)


def test_prometheus_accepts_the_rules_and_they_fire_when_they_should() -> None:
    folder = OTEL / "prometheus"
    assert "11 rules found" in run("promtool", "check", "rules", "rules.yaml", folder=folder)
    run("promtool", "test", "rules", "rules_test.yaml", folder=folder)
    run("promtool", "check", "config", "--syntax-only", "prometheus.yaml", folder=folder)


def test_prometheus_accepts_every_query_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries())]
    # JSON is YAML.
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    run("promtool", "check", "rules", "rules.yaml", folder=tmp_path)


def test_the_composition_follows_its_specification() -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_kubernetes_would_take_every_object(tmp_path: Path, overlay: str) -> None:
    rendered = tmp_path / "rendered.yaml"
    command = ("kustomize", "build") if shutil.which("kustomize", path=TOOLS) else ("kubectl", "kustomize")
    rendered.write_text(run(*command, f"kubernetes/overlays/{overlay}"))
    run("kubernetes-validate", "--strict", rendered)
    kinds = re.findall(r"^kind: (\w+)$", rendered.read_text(), re.MULTILINE)
    assert sorted(set(kinds)) == [
        "Deployment",
        "HorizontalPodAutoscaler",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "StatefulSet",
    ]
    assert "Secret" not in kinds  # only names of secrets are here


@pytest.mark.parametrize("name", ["Dockerfile", "collector.Dockerfile"])
def test_hadolint_has_nothing_to_say(name: str) -> None:
    assert run("hadolint", "--no-color", name) == ""


def test_the_image_of_the_collector_is_built_with_the_builder_of_the_manifest() -> None:
    manifest = (OTEL / "builder.yaml").read_text()
    version = re.search(r"receiver/otlpreceiver (v[0-9.]+)", manifest)[1]
    assert f"cmd/builder@{version}" in (OTEL / "collector.Dockerfile").read_text()
