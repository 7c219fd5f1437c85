"""Writes docs/settings.md and deploy/sentry/.env.example from the code that reads the variables.

Run it from the project's root with ``make settings``; a test tells when it should be run again.
"""

from __future__ import annotations

from pathlib import Path

from continuum.core.settings import Settings as ServiceSettings
from telemetry.configuration.table import Row, documented, rows
from telemetry.configuration.writing import env_file, page

ROOT = Path(__file__).parent.parent
SERVICE = "The memory service"

ABOUT_PAGE = """# Settings

This page is generated from the code by `make settings`; a test compares them.

Everything is set by variables. Where several give one setting, the order is: an argument of `init_sentry` or
`telemetry.setup`, then `SENTRY_*` and `CONTINUUM_*`, then `OTEL_*`, then the default of the environment
(development, staging, production), then the default. Of the names in one row the first that is set and valid
counts; `continuum telemetry doctor` shows each value, where it came from and what it overrode. An empty variable
counts as not set.

A value that can't be used is named in one line of the log, without being shown, and its default is taken: the
application runs. What leaves about the sender (service, release, environment, server and instance) is the same
in Sentry's events, spans, logs and metrics.

## Which release

`continuum@0.3.0`: the application's name and a version. The first of these that there is counts:

1. the argument `release`, then `CONTINUUM_RELEASE`: a bare version gets the application's name before it;
2. `SENTRY_RELEASE`, as it stands;
3. `service.version` of `OTEL_RESOURCE_ATTRIBUTES`, with the name before it;
4. the build stamp: one line with the version in `_build.txt` of the application's package, written by whoever
   builds the wheel or the image: `echo 0.3.0+5d1f0c2 > continuum/_build.txt`;
5. git, when the application runs from a checkout: the version of a tag on the commit, or `VERSION+COMMIT`. Git
   itself isn't started, and an installed package is never taken for a checkout;
6. the package's version.

"""

ABOUT_FILE = """# All variables, generated from the code by `make settings`. Copy the file, take the `#` away before
# those that you need, and keep secrets out of it where a file or a secret store can hold them.
# What stands for a DSN here is none: it starts nothing.
"""


def table() -> list[Row]:
    """Telemetry's settings and the service's."""
    return [*rows(), *documented(ServiceSettings, SERVICE)]


def documents() -> dict[Path, str]:
    """The generated files and what they should hold."""
    return {
        ROOT / "docs" / "settings.md": ABOUT_PAGE + page(table()),
        ROOT / "deploy" / "sentry" / ".env.example": ABOUT_FILE + env_file(table()),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
