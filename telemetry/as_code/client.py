"""Talks to Sentry's API about one project, with a token that is told to nobody else."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any, Final

from telemetry.as_code.target import SentryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from telemetry.as_code.target import Target

_NEXT: Final = re.compile(r'<[^>]*>; rel="next"; results="true"; cursor="([^"]+)"')
_MOST_PAGES: Final = 100
_LONGEST_WAIT: Final = 60.0
"""Seconds, whatever Sentry asks for."""
_TRIES: Final = 4


class SentryClient:
    """Requests to one target. Redirects are not followed: they would take the token elsewhere."""

    def __init__(self, target: Target) -> None:
        try:
            import urllib3
        except ModuleNotFoundError as error:
            raise SentryError("urllib3 is not installed: install continuum-memory[monitoring]") from error

        self._target = target
        self._pool = urllib3.PoolManager(
            headers={
                "Authorization": f"Bearer {target.token}",
                "Accept": "application/json",
                "User-Agent": "continuum-telemetry",
            },
            timeout=urllib3.Timeout(connect=10, read=30),
            retries=False,
        )

    @property
    def suffix(self) -> str:
        """What ends the names of things that belong to the organisation: two projects have each their own."""
        return f" ({self._target.project})"

    @property
    def project_path(self) -> str:
        """Of the project's own settings."""
        return f"/projects/{self._target.organization}/{self._target.project}/"

    @property
    def new_monitor_path(self) -> str:
        """Where monitors are made: they belong to a project."""
        return f"{self.organization_path}projects/{self._target.project}/detectors/"

    @property
    def organization_path(self) -> str:
        """Of what belongs to the organisation."""
        return f"/organizations/{self._target.organization}/"

    def project(self) -> dict[str, Any]:
        """The project, with its settings and its numeric ``id``.

        Raises:
            SentryError: there is no answer, or a refusal.

        """
        found = self.get(self.project_path)
        if not _has_id(found):
            raise SentryError(f"GET {self.project_path}: expected a project; is SENTRY_URL Sentry's?")
        return dict(found)

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """One answer, as JSON.

        Raises:
            SentryError: there is none, or it is a refusal.

        """
        return self._call("GET", path, query=query)[0]

    def every(self, path: str, **query: str) -> Iterator[Any]:
        """The entries of a list, page after page.

        Raises:
            SentryError: as above.

        """
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            asked = [*query.items(), *([("cursor", cursor)] if cursor else [])]
            page, links = self._call("GET", path, query=asked)
            if not isinstance(page, list) or not all(map(_has_id, page)):
                raise SentryError(f"GET {path}: expected a list; is SENTRY_URL Sentry's?")
            yield from page
            following = _NEXT.search(links)
            if following is None:
                return
            cursor = following[1]
        raise SentryError(f"GET {path}: more pages than there can be")

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Make (POST) or change (PUT) something.

        Raises:
            SentryError: as above.

        """
        return self._call(method, path, body=body)[0]

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Sequence[tuple[str, str]] = (),
    ) -> tuple[Any, str]:
        import urllib3

        url = f"{self._target.url}/api/0{path}"
        sent: dict[str, Any] = {"fields": list(query)} if body is None else {"json": body}
        for attempt in range(1, _TRIES + 1):
            try:
                answer = self._pool.request(method, url, redirect=False, **sent)
            except urllib3.exceptions.HTTPError as error:
                # Its text may quote the request.
                raise SentryError(f"{method} {path}: no answer ({type(error).__name__})") from None
            again = answer.status == 429 or (method == "GET" and answer.status in {502, 503, 504})
            if not again or attempt == _TRIES:
                break
            time.sleep(_wait(answer.headers.get("Retry-After"), attempt))
        if not 200 <= answer.status < 300:
            raise SentryError(f"{method} {path}: {answer.status}{self._reason(answer.data)}")
        try:
            return json.loads(answer.data), answer.headers.get("Link", "")
        except ValueError:
            raise SentryError(f"{method} {path}: the answer is no JSON; is SENTRY_URL Sentry's?") from None

    def _reason(self, data: bytes) -> str:
        """What Sentry says is wrong, on one line, without the token should anything quote it."""
        try:
            told = json.loads(data)
        except ValueError:
            return ""
        detail = told.get("detail", told) if isinstance(told, dict) else told
        text = detail if isinstance(detail, str) else json.dumps(detail)
        printable = "".join(letter if letter.isprintable() else " " for letter in text)
        return ": " + printable.replace(self._target.token, "[token]")[:500]


def _has_id(entry: Any) -> bool:
    return isinstance(entry, dict) and str(entry.get("id", "")).isdecimal()


def _wait(asked: str | None, attempt: int) -> float:
    seconds = float(asked) if asked is not None and asked.isascii() and asked.isdigit() else 0.0
    return min(max(seconds, 0.5 * attempt), _LONGEST_WAIT)
