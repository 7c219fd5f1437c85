"""``continuum status``: what is set up here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from continuum.cli.session import json_option


@click.command()
@click.option("--detailed", is_flag=True, help="Count for each tenant too.")
@json_option
def status(*, detailed: bool, as_json: bool) -> None:
    """Show database, cache and telemetry, without making anything."""
    import json

    report = _report(detailed=detailed)
    if as_json:
        click.echo(json.dumps(report))
        return
    for name, value in report.items():
        if isinstance(value, list):
            for entry in value:
                click.echo("  " + "  ".join(f"{key} {part}" for key, part in entry.items()))
        else:
            click.echo(f"{name + ':':<13} {value}")


def _report(*, detailed: bool) -> dict[str, Any]:
    from continuum import __version__
    from continuum.core.settings import Settings, telemetry_requested

    settings = Settings.from_environ()
    report: dict[str, Any] = {
        "version": __version__,
        "environment": settings.environment,
        "database": str(settings.database),
        "cache": "redis" if settings.caches_recall else "off",
        "telemetry": "requested" if telemetry_requested() else "off",
    }
    if isinstance(settings.database, Path) and not settings.database.exists():
        return report | {"state": "no database yet; `continuum init` makes it"}
    return report | _counts(detailed=detailed)


def _counts(*, detailed: bool) -> dict[str, Any]:
    from dataclasses import asdict

    from continuum.cli.session import open_local_database
    from continuum.core.engine import MemoryEngine
    from continuum.storage.tenants import list_tenants

    with open_local_database() as database:
        with database.read() as connection:
            tenants = [tenant for tenant, _ in list_tenants(connection)]
        engine = MemoryEngine(database)
        found = [(tenant, engine.stats(tenant)) for tenant in tenants]
        counts: dict[str, Any] = {
            "state": "ready",
            "tenants": len(tenants),
            "memories": sum(stats.memories for _, stats in found),
        }
        if isinstance(database.place, Path):
            counts["bytes"] = database.place.stat().st_size
    if detailed:
        counts["by_tenant"] = [
            {"tenant": tenant.public_id}
            | {name: value for name, value in asdict(stats).items() if name != "last_learned_at"}
            for tenant, stats in found
        ]
    return counts
