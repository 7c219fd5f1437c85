"""``continuum serve``: run the HTTP service."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; loopback unless you say so."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8420, show_default=True)
def serve(host: str, port: int) -> None:
    """Serve the API until interrupted."""
    import uvicorn

    from continuum.core.settings import Settings

    # Here, so that a bad value is one line and not the traceback of an import.
    Settings.from_environ()
    uvicorn.run("continuum.api.server:app", host=host, port=port, server_header=False)
