"""Lines of Python's logging reach the provider; the application's own logging does not notice."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import noting
import pytest
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk._logs import LogRecordProcessor

from telemetry import log_handler

APPLICATION = """
import logging
import sys

from telemetry import log_handler
from telemetry.gate.log_provider import GatedLoggerProvider
from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.vocabulary import Vocabulary
from telemetry.configuration.settings import Settings

ledger = Ledger()
if "attached" in sys.argv:
    identity = Identity.of(Settings())
    provider = GatedLoggerProvider(Scrubbing(Vocabulary(), lambda: identity, ledger))
    log_handler.attach(provider, ledger)
logging.getLogger("quiet").warning("last resort")
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(funcName)s %(lineno)d %(message)s")
logging.getLogger("loud").info("configured %d", 1)
"""


@pytest.fixture
def noted():
    made = noting.Noting()
    log_handler.attach(made.provider, made.ledger)
    yield made
    log_handler.detach()


def names(noted):
    return [exported.instrumentation_scope.name for exported in noted.exported]


def test_the_application_s_own_logging_is_the_same_with_it_as_without():
    def output(*arguments):
        command = [sys.executable, "-c", APPLICATION, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr

    without = output()
    assert "last resort" in without
    assert "INFO <module> " in without

    assert output("attached") == without


@pytest.mark.parametrize("name", ["telemetry", "telemetry.delivery.sender", "opentelemetry.sdk.trace"])
def test_lines_of_telemetry_are_left_out(noted, name):
    logging.getLogger(name).error("x")
    logging.getLogger(f"{name.partition('.')[0]}s").error("x")
    assert len(noted.exported) == 1


def test_lines_of_what_carries_a_delivery_are_left_out_while_it_delivers(noted):
    carrier = logging.getLogger("urllib3.connectionpool")
    with suppress_instrumentation():
        carrier.error("x")
        logging.getLogger("uvicorn").error("x")
    carrier.error("x")
    assert names(noted) == ["uvicorn", "urllib3.connectionpool"]


def test_lines_of_the_sender_s_thread_are_left_out(noted):
    thread = threading.Thread(
        target=logging.getLogger("uvicorn").error, args=("x",), name="continuum-telemetry"
    )
    thread.start()
    thread.join()
    assert noted.exported == []


def test_a_line_that_is_logged_while_a_line_is_noted_makes_no_loop(noted):
    class Logging(LogRecordProcessor):
        def on_emit(self, log_record):
            logging.getLogger("uvicorn").error("x")

        def shutdown(self):
            pass

        def force_flush(self, timeout_millis=30_000):
            return True

    noted.provider.add_log_record_processor(Logging())
    logging.getLogger("uvicorn").error("x")
    assert len(noted.exported) == 1
    assert noted.faults == {"log lines: logged while one was taken": 1}


def test_a_record_that_is_damaged_is_not_raised_about(noted):
    made = logging.LogRecord("x", 40, "x", 1, "x", (), None)
    made.created = "yesterday"
    log_handler.LineNoter(noted.provider, noted.ledger).take(made)
    assert noted.faults == {"log lines: TypeError": 1}


def test_a_level_that_is_off_makes_no_record(noted):
    logging.getLogger("uvicorn.quiet").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.quiet").warning("x")
    assert noted.exported == []


def test_loggers_that_do_not_propagate_are_heard(noted, monkeypatch):
    logger = logging.getLogger("uvicorn.access")
    monkeypatch.setattr(logger, "propagate", False)
    logger.error("x")
    assert names(noted) == ["uvicorn.access"]


def test_attaching_anew_replaces_and_detaching_ends_it(noted):
    other = noting.Noting()
    log_handler.attach(other.provider, other.ledger)
    logging.getLogger("uvicorn").error("x")
    log_handler.detach()
    logging.getLogger("uvicorn").error("x")
    assert (len(noted.exported), len(other.exported)) == (0, 1)
    assert not hasattr(logging.Logger.callHandlers, "notes_lines")


def test_somebody_who_stands_in_front_stays_there(noted, monkeypatch):
    ours, heard = logging.Logger.callHandlers, []

    def theirs(self, record):
        heard.append(record.msg)
        ours(self, record)

    monkeypatch.setattr(logging.Logger, "callHandlers", theirs)
    log_handler.detach()
    logging.getLogger("uvicorn").error("x")
    assert heard == ["x"]
    assert noted.exported == []
    monkeypatch.undo()
