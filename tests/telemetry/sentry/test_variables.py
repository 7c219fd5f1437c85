"""Variables arrive as shapes, through the real SDK and the real gate."""

from __future__ import annotations

import json
import secrets

from telemetry.configuration.settings import Settings
from telemetry.gate.events import clean_event
from telemetry.identity import Identity
from telemetry.privacy.scrub import Scrubber
from telemetry.privacy.vocabulary import Vocabulary
from telemetry.sentry.sdk import event_of
from telemetry.sentry.variables import add_shapes

SECRET = "the divorce was her idea"
NAME = f"W{secrets.token_hex(8)}"  # no module that other tests load can hold it


def failing():
    try:
        json.loads(SECRET)
    except ValueError as error:
        raise LookupError(SECRET) from error


def captured():
    try:
        failing()
    except LookupError as error:
        event, _ = event_of(error, {"type": "test", "handled": True})
        event = json.loads(json.dumps(event, default=str))
        for value in event["exception"]["values"]:
            for frame in value["stacktrace"]["frames"]:
                frame.pop("vars", None)
        add_shapes(event, error)
        return clean_event(event, None, Scrubber(Vocabulary("strict")), Identity.of(Settings()))
    raise AssertionError


def test_each_frame_says_what_its_variables_were_like():
    cause = captured()["exception"]["values"][0]
    frames = {frame["function"]: frame["vars"] for frame in cause["stacktrace"]["frames"] if "vars" in frame}
    assert frames["raw_decode"]["s"] == f"str len={len(SECRET)}"
    assert frames["raw_decode"]["self"] == "JSONDecoder"
    assert frames["loads"]["parse_float"] == "None"


def test_a_secret_does_not_even_tell_its_length():
    access_token = Api_Key = user_password = tokens = "hunter2"  # noqa: N806  # in whatever case
    harmless = len(access_token + Api_Key + user_password + tokens)
    try:
        raise LookupError(harmless)
    except LookupError as error:
        event, _ = event_of(error, {"type": "test", "handled": True})
        add_shapes(event, error)
    (frame,) = event["exception"]["values"][0]["stacktrace"]["frames"]
    assert frame["vars"]["harmless"] == "int"
    assert not frame["vars"].keys() & {"access_token", "Api_Key", "user_password", "tokens"}


def test_no_value_is_in_the_event():
    assert "divorce" not in json.dumps(captured())


def test_a_value_that_is_put_there_by_hand_goes():
    event = {
        "exception": {
            "values": [
                {
                    "type": "LookupError",
                    "stacktrace": {
                        "frames": [
                            {
                                "abs_path": json.__file__,
                                "function": "loads",
                                "vars": {"s": SECRET, "t": NAME},
                            }
                        ]
                    },
                }
            ]
        }
    }
    clean = clean_event(event, None, Scrubber(Vocabulary("strict")), Identity.of(Settings()))
    shown = clean["exception"]["values"][0]["stacktrace"]["frames"][0]["vars"]
    assert "s" not in shown
    assert NAME not in json.dumps(shown)
