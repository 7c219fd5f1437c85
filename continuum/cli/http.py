"""One HTTP call to a running service, with the standard library."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import click

_SECONDS = 30


def post(url: str, key: str) -> tuple[int, dict[str, Any]]:
    """POST without body; the status and the JSON object of the answer, empty when it is none.

    Raises:
        click.ClickException: the address is no HTTP address, or nobody answers there.

    """
    if not url.startswith(("http://", "https://")):
        raise click.UsageError("--url must be an http:// or https:// address")
    request = urllib.request.Request(url, method="POST", headers={"X-API-Key": key})  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - the scheme is checked above
            return response.status, _object(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _object(error.read())
    except (OSError, ValueError) as error:
        raise click.ClickException("no service answers at the given --url") from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
