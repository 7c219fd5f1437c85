"""``continuum sentry``: Sentry's own configuration, from files."""

from __future__ import annotations

import click


@click.command(
    short_help="Plan and apply Sentry's own configuration from files.",
    # telemetry's own command reads the arguments: `python -m telemetry sentry` is the same one.
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def sentry(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Show what Sentry's configuration should be, is, and becomes."""
    import telemetry

    context.exit(telemetry.run_sentry(arguments, context.command_path))
