"""Proves scrubbing: values that were made up just now go through the real gates, and are looked for behind them.

Nothing is sent. The values are random, because a word that stands in the code would be known to be the code's.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, Final

from telemetry.doctor.finding import ok, problem
from telemetry.preview.forms import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telemetry.doctor.finding import Finding
    from telemetry.doctor.subject import Subject

_LETTERS: Final = "ghjkmnpqrstvwxz"
"""No digit and no vowel, so that no piece of an id looks like it."""
_KINDS: Final = {"event": "an error event", "span": "a span", "text": "a line of text"}


def examine(subject: Subject) -> Iterator[Finding]:
    """One finding: the values are gone from all forms, or where one is not."""
    if subject.pipeline is None:
        return
    from telemetry.preview.gating import preview_of

    settings = subject.settings
    planted = values(settings.privacy, settings.rules_off)
    leaking: list[str] = []
    kept_whole: list[str] = []
    forms = _forms(planted)
    for form in forms:
        preview = preview_of(form, subject.pipeline.scrubbing)
        behind = json.dumps(preview.clean, ensure_ascii=False)
        if preview.clean is None:
            kept_whole.append(_KINDS[form.kind])
        leaking += [
            f"{what} in {_KINDS[form.kind]}" for what, value in planted.items() if _core(value) in behind
        ]
    if leaking:
        yield problem(
            "scrubbing",
            f"Planted values came through the gates: {', '.join(leaking)}.",
            "Switch telemetry off with OTEL_SDK_DISABLED=true, and report it.",
        )
    elif kept_whole:
        yield problem(
            "scrubbing",
            f"The gates withhold what they should scrub: {', '.join(kept_whole)}.",
            "Nothing leaks, but it is lost: report it.",
        )
    else:
        yield ok(
            "scrubbing",
            f"Planted values ({', '.join(planted)}) were gone from {len(forms)} forms behind the real gates, "
            f"profile {settings.privacy}.",
        )


def values(profile: str, rules_off: tuple[str, ...]) -> dict[str, str]:
    """By what it is: a fresh value that may not leave with this profile and these rules."""
    found = {"a memory key": f"cm_{_word(40)}"}
    if "email" not in rules_off:
        found["an e-mail address"] = f"{_word(10)}@example.org"
    if profile == "strict":
        found["a sentence"] = f"my sister {_word(9).title()} came home from the hospital"
    return found


def _word(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _core(value: str) -> str:
    """The rarest piece of a value: what is looked for, also where the rest was cut off."""
    words = value.replace("@", " ").replace("_", " ").split()
    return max((word for word in words if not set(word.lower()) - set(_LETTERS)), key=len)


def _forms(planted: Mapping[str, str]) -> list[Form]:
    said = " / ".join(planted.values())
    return [Form("event", _event(said, planted)), Form("span", _span(said, planted)), Form("text", said)]


def _event(said: str, planted: Mapping[str, str]) -> dict[str, Any]:
    return {
        "level": "error",
        "request": {
            "url": f"https://example.org/recall?q={said}",
            "headers": {"x-api-key": planted["a memory key"]},
            "data": {"message": said},
        },
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": said,
                    "stacktrace": {
                        "frames": [
                            {"filename": __file__, "function": "examine", "lineno": 1, "vars": {"text": said}}
                        ]
                    },
                }
            ]
        },
        "breadcrumbs": {"values": [{"category": "query", "message": said, "data": {"text": said}}]},
        "tags": {"memory": said},
        "extra": {"prompt": said, **planted},
    }


def _span(said: str, planted: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": f"recall {said}",
        "kind": "client",
        "attributes": {
            "db.query.text": f"SELECT text FROM memories WHERE text = '{said}'",  # noqa: S608  # never executed
            "url.query": f"q={said}",
            "http.request.header.x_api_key": planted["a memory key"],
            "question": said,
        },
        "events": [{"name": "exception", "attributes": {"exception.message": said}}],
        "status": {"code": "ERROR", "message": said},
    }
