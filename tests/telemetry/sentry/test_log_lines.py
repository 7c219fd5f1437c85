"""Log lines keep the words that stand in the code that wrote them."""

from __future__ import annotations

import json
import logging

import uvicorn.server

from telemetry.configuration.settings import Settings
from telemetry.gate.events import clean_event
from telemetry.identity import Identity
from telemetry.privacy.scrub import Scrubber
from telemetry.privacy.vocabulary import Vocabulary
from telemetry.sentry.log_lines import parts, with_parts


def record(template, *arguments, path=uvicorn.server.__file__):
    return logging.LogRecord("uvicorn.error", logging.INFO, path, 1, template, arguments, None)


def cleaned(event):
    return clean_event(event, None, Scrubber(Vocabulary("strict")), Identity.of(Settings()))


def crumb_of(made):
    crumb = with_parts(
        {"type": "log", "category": "uvicorn.error", "message": made.getMessage()}, {"log_record": made}
    )
    (clean,) = cleaned({"breadcrumbs": {"values": [json.loads(json.dumps(crumb))]}})["breadcrumbs"]["values"]
    return clean["message"]


def test_a_template_of_the_file_that_logged_it_stays():
    assert crumb_of(record("Finished server process [%d]", 4711)) == "Finished server process [4711]"


def test_an_argument_that_is_text_goes():
    assert "sister" not in crumb_of(record("Finished server process [%s]", "of my sister"))
    event = {
        "logger": "uvicorn.error",
        "logentry": parts(record("Finished server process [%d]", "my sister")),
    }
    assert "sister" not in json.dumps(cleaned(event))


def test_a_text_that_stands_in_no_code_goes():
    assert crumb_of(record("my sister lost the baby")) == "[data]"


def test_a_file_that_is_not_loaded_is_not_asked():
    assert crumb_of(record("my sister lost the baby", path="/nowhere/else.py")) == "[data]"


def test_a_message_that_is_no_text_is_empty():
    assert parts(record(ValueError("my sister")))["message"] == ""
