"""The code of the integration guide does as the guide says, and what arrives holds nothing that was said."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from doc_pages import blocks, text_of
from doc_session import differs, type_into
from doc_stage import LACKING, Stage

from continuum.core import sentry_integration
from telemetry.testing.leaks import find_all

PAGE = "deploy/sentry/INTEGRATION_GUIDE.md"
SAID = {"a question": "why did the zeppelin vanish", "a word": "zeppelin", "an order": "amethyst for zephyr"}
TENANTS = ["glimmerworks"]

pytestmark = [
    pytest.mark.xdist_group("docs-guide"),
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}"),
]


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    """The sink, after everything on the page was typed and printed what it shows."""
    with Stage(tmp_path_factory.mktemp("guide")) as stage:
        stage.write_files(PAGE)
        typed = [block for block in blocks(PAGE) if block.is_run and block.language != "python"]
        wrong = [
            f"{block}\n$ {command.typed}\n{printed}"
            for block, command, printed in type_into(stage, typed)
            if differs(command.shown, printed)
        ]
        assert wrong == [], "\n".join(wrong)
        yield stage.sink


def errors(sink):
    return {error["exception"]["values"][-1]["type"]: error for error in sink.errors()}


def test_each_error_of_the_guide_comes_once_and_is_linked(guide):
    kinds = Counter(error["exception"]["values"][-1]["type"] for error in guide.errors())
    assert kinds == dict.fromkeys(
        ("NoModelError", "RecallError", "OperationalError", "OSError", "CleanUpError", "LookupError"), 1
    )
    spans = {span.span_id for span in guide.spans()}
    linked = {kind for kind, error in errors(guide).items() if error["contexts"]["trace"]["span_id"] in spans}
    # The command samples no traces.
    assert linked == kinds.keys() - {"LookupError"}


def test_nothing_that_was_said_and_no_tenant_arrives(guide):
    assert find_all(SAID, guide.requests, TENANTS) == []


def test_words_tags_and_breadcrumbs_are_those_of_the_code(guide):
    found = errors(guide)
    said = {kind: error["exception"]["values"][-1]["value"] for kind, error in found.items()}
    assert said["NoModelError"] == "no model for the question [data]"
    assert said["LookupError"] == "nobody is called [data]"
    assert found["NoModelError"]["tags"]["model_type"] == "embedding"
    assert found["RecallError"]["tags"]["memory_operation"] == "recall"
    assert found["LookupError"]["tags"]["cli_command"] == "look-up"
    assert found["OSError"]["level"] == "warning"
    assert found["NoModelError"]["user"]["id"] == found["CleanUpError"]["user"]["id"]
    assert found["OSError"]["user"]["id"] == found["RecallError"]["user"]["id"]
    for kind, note in (("NoModelError", "question checked"), ("CleanUpError", "clean-up begins")):
        crumbs = found[kind]["breadcrumbs"]
        crumbs = crumbs["values"] if isinstance(crumbs, dict) else crumbs
        assert note in [crumb.get("message") for crumb in crumbs], kind


def test_operations_and_functions_are_spans_below_their_request(guide):
    (server,) = [span for span in guide.servers() if span.name == "GET /report"]
    spans = Counter(span.name for span in guide.traces()[server.trace_id])
    assert spans == {
        "GET /report": 1,
        "report.build": 1,
        "report.collect": 1,
        "report.render": 1,
        "steps.generator": 1,
        "steps.stream": 1,
        "steps.asynchronous": 2,
        "steps.plain": 2,
    }
    # The mounted application makes no second one.
    assert len([span for span in guide.servers() if span.name.startswith("GET /memory")]) == 1


def test_the_quick_reference_has_every_name_and_no_other():
    table = re.search(r"## Quick reference\n(.*?)\n\n[A-Z*]", text_of(PAGE), re.DOTALL)[1]
    named = set(re.findall(r"(?:`|@|with )(\w+)\(", table))
    assert named == set(sentry_integration.__all__)
