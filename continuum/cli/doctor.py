"""``continuum doctor``: whether the service has what it needs, and whether what is stored is sound."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from continuum.cli.session import json_option

if TYPE_CHECKING:
    from continuum.core.settings import Settings


@click.command()
@click.option("--verify", is_flag=True, help="Compare file, tables, index and log; reads everything.")
@json_option
def doctor(*, verify: bool, as_json: bool) -> None:
    """Open the database, ask Redis, and say what is wrong; exits with 1 when something is. Makes nothing."""
    import json

    from continuum.core.settings import Settings

    settings = Settings.from_environ()
    report: dict[str, Any] = {"redis": _redis(settings), **_database(settings, verify=verify)}
    findings = report.get("findings", [])
    if as_json:
        click.echo(json.dumps(report))
    else:
        _show(report, findings)
    if findings or report["database"] != "ready" or report["redis"] == "doesn't answer":
        raise click.exceptions.Exit(1)


def _show(report: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    for name in ("database", "redis"):
        click.echo(f"{name + ':':<10} {report[name]}")
    for finding in findings:
        # The internal number: a tenant's name is not for a report that is passed on.
        whose = "" if finding["tenant"] is None else f" (tenant number {finding['tenant']})"
        click.echo(f"{'found:':<10} {finding['count']} {finding['what']}{whose}")
    if "findings" in report and not findings:
        click.echo(f"{'verified:':<10} file, tables, index and log agree")


def _redis(settings: Settings) -> str:
    if settings.redis_url is None:
        return "not set"
    from continuum.cache.client import make_client

    client = make_client(settings.redis_url)
    if client is None:
        return "not installed"
    try:
        client.ping()
    except Exception:
        return "doesn't answer"
    finally:
        client.close()
    return "answers"


def _database(settings: Settings, *, verify: bool) -> dict[str, Any]:
    place = settings.database
    if isinstance(place, Path) and not place.exists():
        return {"database": "not there; `continuum init` makes it"}
    from continuum.core.errors import StorageError
    from continuum.storage.database import open_database

    try:
        database = open_database(place)
    except StorageError as error:
        return {"database": str(error)}
    try:
        if not verify:
            return {"database": "ready"}
        from continuum.storage.verification import verify as look

        return {"database": "ready", "findings": [asdict(finding) for finding in look(database)]}
    finally:
        database.close()
