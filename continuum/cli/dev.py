"""``continuum dev``: the service and the inspector together, with a command to try for each step."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANT: Final = "demo"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0
_ELSEWHERE: Final = ("SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_STEPS: Final = """
{where}

Try it, in another terminal:

  export CONTINUUM_API_KEY={key}

  # learn
  curl -s {service}/v1/learn -H "X-API-Key: $CONTINUUM_API_KEY" -H "Content-Type: application/json" \\
    -d '{{"user_message": "We moved the launch of Falcon to Tuesday.", "ai_response": "Noted: Falcon on Tuesday."}}'

  # recall
  curl -s {service}/v1/recall -H "X-API-Key: $CONTINUUM_API_KEY" -H "Content-Type: application/json" \\
    -d '{{"message": "When does Falcon launch?"}}'

  # provoke an error
  curl -s -X POST {service}/v1/telemetry/test-error -H "X-API-Key: $CONTINUUM_API_KEY"

  # look at the error, its stack and its trace: nothing that was said stands there
  {look}

The key is for the tenant "{tenant}" and works until you stop. Ctrl-C stops everything.
"""


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8420, show_default=True, help="The service's port."
)
@click.option(
    "--inspector-port",
    type=click.IntRange(1, 65535),
    default=8421,
    show_default=True,
    help="The inspector's port.",
)
def dev(port: int, inspector_port: int) -> None:
    """Run the service with telemetry on this machine: an inspector shows what would leave it.

    With SENTRY_DSN or an OTLP endpoint set, telemetry goes there and no inspector is started.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    elsewhere = next((name for name in _ELSEWHERE if os.environ.get(name)), None)
    for wanted in (port, inspector_port) if elsewhere is None else (port,):
        _refuse_taken(wanted)
    environment = dict(os.environ)
    inspector = f"http://127.0.0.1:{inspector_port}"
    if elsewhere is None:
        environment["SENTRY_DSN"] = f"http://inspector@127.0.0.1:{inspector_port}/1"
    with _passing_key() as key:
        children: list[subprocess.Popen[bytes]] = []
        try:
            if elsewhere is None:
                children.append(
                    _start("telemetry.inspector", "--port", str(inspector_port), environment=dict(os.environ))
                )
                _wait_until_healthy(f"{inspector}/healthz", "the inspector", children)
            children.append(_start("continuum.cli", "serve", "--port", str(port), environment=environment))
            service = f"http://127.0.0.1:{port}"
            _wait_until_healthy(f"{service}/v1/health", "the service", children)
            click.echo(
                _STEPS.format(
                    where=f"service    {service}\n"
                    + (
                        f"inspector  {inspector}"
                        if elsewhere is None
                        else f"telemetry  to where {elsewhere} says"
                    ),
                    key=key,
                    service=service,
                    look=f"in a browser: {inspector}"
                    if elsewhere is None
                    else f"see where {elsewhere} points",
                    tenant=TENANT,
                )
            )
            while all(child.poll() is None for child in children):
                time.sleep(0.2)
            raise click.ClickException("a part has stopped by itself; its last lines are above")
        except KeyboardInterrupt:
            click.echo("\nStopping.")
        finally:
            _stop(children)


def _refuse_taken(port: int) -> None:
    """Say so before anything is started when somebody else listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} is taken: stop what listens there, or choose others with --port and --inspector-port"
            ) from error


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def _passing_key() -> Iterator[str]:
    """A key for the demo tenant that is revoked again at the end."""
    from continuum.cli.session import open_local_database
    from continuum.core.credentials import SCOPES, key_id
    from continuum.storage.keys import create_key, revoke_key
    from continuum.storage.tenants import ensure_tenant

    with open_local_database() as database, database.write() as connection:
        key = create_key(connection, ensure_tenant(connection, TENANT), SCOPES)
    try:
        yield key
    finally:
        with open_local_database() as database, database.write() as connection:
            revoke_key(connection, key_id(key))


def _start(module: str, *arguments: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a part in a session of its own: Ctrl-C reaches this process alone, which then stops them in order."""
    return subprocess.Popen(  # noqa: S603  # our own modules, by this interpreter
        [sys.executable, "-m", module, *arguments], env=environment, start_new_session=True
    )


def _wait_until_healthy(url: str, what: str, children: list[subprocess.Popen[bytes]]) -> None:
    """Wait for an answer with status 200 from a part that is still running."""
    import urllib.error
    import urllib.request

    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if children[-1].poll() is not None:
            raise click.ClickException(f"{what} did not start: see the lines above (is its port taken?)")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # a loopback address made above
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise click.ClickException(f"{what} did not answer within {_START_SECONDS:.0f} seconds")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Stop the service first, so that it can deliver its last items, then the inspector."""
    for child in reversed(children):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
