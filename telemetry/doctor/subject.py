"""What is examined: an environment, and the pipeline that was started from it in this process."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import telemetry
from telemetry.configuration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from telemetry.pipeline import Pipeline

SAMPLED: Final = {"traces_sample_rate": 1.0, "sample_rate": 1.0}
"""The doctor's own trace and error are sent whatever the rates are."""
NO_SPOOL: Final = {"CONTINUUM_TELEMETRY_SPOOL": "false"}
"""What waits on disk is the running service's to deliver."""


class ApplicationNotLoadedError(Exception):
    """The message names the kind of error, and nothing of what it said."""


@dataclass(frozen=True)
class Subject:
    """``pipeline`` is None when telemetry is off, and ``reason`` says why."""

    environ: Mapping[str, str]
    settings: Settings
    pipeline: Pipeline | None
    reason: str
    application: str | None = None
    """The application that was imported, as it was named."""


def begin(
    running: Callable[[], Pipeline | None],
    *,
    service: str | None = None,
    version: str | None = None,
    application: str | None = None,
    sends: bool = True,
) -> Subject:
    """Start telemetry as a command does, then import the application, as a launcher would.

    Args:
        running: gives the pipeline that runs in this process.
        service: what the application calls itself.
        version: its version.
        application: ``module`` or ``module:attribute``.
        sends: False to let nothing out of this process.

    Raises:
        ApplicationNotLoadedError: there is no such application, or it can't be imported.

    """
    environ = dict(os.environ)  # what can't be used is taken out of the process's own while telemetry starts
    settings = Settings.from_environ(environ)
    telemetry.setup(
        service=service, version=version, environ=environ | NO_SPOOL, arguments=SAMPLED, short_lived=True
    )
    if not sends:
        silence(running())
    if application is not None:
        _load(application)
    return Subject(environ, settings, running(), str(telemetry.status().get("reason", "")), application)


def silence(pipeline: Pipeline | None) -> None:
    """Let nothing leave any more, not even at the end of the process."""
    if pipeline is not None:
        pipeline.sender.stopped = True
        for courier in pipeline.sender.couriers:
            courier.stop()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep telemetry's own log lines back: each of them is a finding, or made visible by one."""
    logger = logging.getLogger("telemetry")
    propagated, nowhere = logger.propagate, logging.NullHandler()
    logger.propagate = False
    logger.addHandler(nowhere)
    try:
        yield
    finally:
        logger.removeHandler(nowhere)
        logger.propagate = propagated


def _load(place: str) -> None:
    if "" not in sys.path:
        sys.path.insert(0, "")  # servers find applications in the working directory too
    module, _, attribute = place.partition(":")
    try:
        with redirect_stdout(sys.stderr):  # standard output is the report's
            found = importlib.import_module(module)
            for name in filter(None, attribute.split(".")):
                found = getattr(found, name)
    except (Exception, SystemExit) as error:
        # Without the cause: what the application's exception says may be anything.
        raise ApplicationNotLoadedError(
            f"the application can't be loaded ({type(error).__name__}); expected MODULE:APP"
        ) from None
