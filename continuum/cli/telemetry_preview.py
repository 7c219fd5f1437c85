"""``continuum telemetry preview``: what would leave of an item."""

from __future__ import annotations

import click


@click.command(
    short_help="Show what would leave of an event, a trace, a span or a text.",
    # telemetry's own command reads the arguments: `python -m telemetry preview` is the same one.
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def preview(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Show what would leave of an event, a trace, a span or a text; nothing is sent anywhere."""
    import telemetry

    context.exit(telemetry.run_preview(arguments, context.command_path))
