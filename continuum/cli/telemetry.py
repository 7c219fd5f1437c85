"""``continuum telemetry``: what telemetry does, what is wrong with it, and a try whether errors arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import click

from continuum.cli.lazy import LazyGroup
from continuum.cli.session import json_option

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLUSH_SECONDS = 5.0
_SET = (
    "set SENTRY_DSN or OTEL_EXPORTER_OTLP_ENDPOINT,"
    " and install the extra with pip install 'continuum-memory[monitoring]'"
)
_OFF = "telemetry is off: " + _SET


# Commands that have a file of their own.
_COMMANDS = {
    "preview": "continuum.cli.telemetry_preview:preview",
    "tenant-hash": "continuum.cli.pseudonyms:tenant_hash",
    "whois": "continuum.cli.pseudonyms:whois",
    "collector-key": "continuum.cli.pseudonyms:collector_key",
}


class _Group(LazyGroup):
    """Shows the table of variables below its commands."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        import telemetry

        formatter.write_paragraph()
        formatter.write(telemetry.settings_help())


@click.group("telemetry", cls=_Group, lazy_commands=_COMMANDS)
def telemetry_group() -> None:
    """See what telemetry does, and try it."""


@telemetry_group.command(
    short_help="Find what is wrong: settings, traps, scrubbing, propagation, backends.",
    # telemetry's own command reads the arguments: `python -m telemetry doctor` is the same one.
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def doctor(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Find what is wrong with telemetry, and say what to do; exits with 1 when something is."""
    import telemetry
    from continuum import __version__

    code = telemetry.run_doctor(arguments, context.command_path, service="continuum", version=__version__)
    context.exit(code)


@telemetry_group.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show what telemetry would run with the present environment."""
    import json

    import telemetry
    from continuum.core.observing import start_telemetry

    start_telemetry()
    report = telemetry.status()
    if as_json:
        click.echo(json.dumps(report))
        return
    chosen = {name: where for name, where in report.pop("sources", {}).items() if where[:7] != "default"}
    for line in _lines(report | {"chosen by": chosen}):
        click.echo(line)
    if not telemetry.is_active():
        click.echo(_OFF, err=True)


def _lines(report: dict[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in report.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from _lines(value, f"{indent}  ")
        elif isinstance(value, list) and value:
            yield f"{indent}{name}:"
            yield from (f"{indent}  {item}" for item in value)
        else:
            yield f"{indent}{name}: {'none' if value is None or value in ({}, []) else value}"


@telemetry_group.command("test-error")
@click.option(
    "--url", help="A running service, such as http://127.0.0.1:8420; in this process when not given."
)
@click.option("--key", help="A key with the admin scope; CONTINUUM_API_KEY when it is not given.")
def test_error(url: str | None, key: str | None) -> None:
    """Raise an error on purpose, to see it arrive."""
    if url is None:
        _fail_here()
    else:
        _fail_there(url, key)


def _fail_here() -> None:
    import telemetry
    from continuum.core.errors import TelemetryTestError
    from continuum.core.observing import start_telemetry

    start_telemetry()
    if not telemetry.is_active():
        raise click.ClickException(_OFF)
    try:
        _fail()
    except TelemetryTestError as error:
        event_id = telemetry.capture_exception(error)
    delivered = telemetry.flush(_FLUSH_SECONDS)
    if event_id is None:
        raise click.ClickException(
            "Telemetry runs but sent no event; `continuum telemetry status` may say why."
        )
    click.echo(event_id)
    if not delivered:
        raise click.ClickException("The event was made but not delivered yet.")
    click.echo("That is the event's id; it was handed over for delivery.", err=True)


def _fail() -> NoReturn:
    from continuum.core.errors import TelemetryTestError

    raise TelemetryTestError("this error was asked for, to test error reporting")


def _fail_there(url: str, key: str | None) -> None:
    from continuum.cli.http import post
    from continuum.core.settings import Settings

    key = key or Settings.from_environ().api_key
    if key is None:
        raise click.UsageError("a key with the admin scope is needed: give --key or set CONTINUUM_API_KEY")
    status_code, answer = post(url.rstrip("/") + "/v1/telemetry/test-error", key)
    if status_code != 500 or answer.get("type") != "urn:continuum:problem:internal-error":
        detail = answer.get("detail", "no continuum service answers there")
        raise click.ClickException(f"expected status 500, got {status_code}: {detail}")
    trace_id = answer.get("trace_id")
    if trace_id is None:
        raise click.ClickException("the service failed as asked, but its telemetry is off: " + _SET)
    click.echo(trace_id)
    click.echo("The service failed as asked; its error carries this trace id.", err=True)
