"""Starts the inspector: ``python -m telemetry.inspector [--host HOST] [--port 8421] [--allow-remote]``."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from telemetry.inspector.app import create_app
from telemetry.inspector.guard import is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Returns:
        0 after an interrupt from the keyboard; exits with 2 when the address is refused or not free.

    """
    parser = argparse.ArgumentParser(
        prog="python -m telemetry.inspector", description="Show telemetry locally."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="loopback address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=int, default=8421, help="port, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="listen on other addresses too: whoever reaches it reads all",
    )
    options = parser.parse_args(arguments)
    if not options.allow_remote and not is_loopback(options.host):
        parser.error(f"{options.host} is not a loopback address; --allow-remote permits it")
    try:
        listener = _listen("127.0.0.1" if options.host == "localhost" else options.host, options.port)
    except (OSError, OverflowError) as error:
        parser.error(f"cannot listen on {options.host}:{options.port}: {error}")
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"Inspector: http://{shown}:{port}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        create_app(allow_remote=options.allow_remote),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    # uvicorn stops in order, then raises the signal again for whoever started it.
    with listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        family = socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=128)


if __name__ == "__main__":
    raise SystemExit(main())
