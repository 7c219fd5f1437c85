"""What the pages say is typed into a shell, page by page, and prints what they show."""

from __future__ import annotations

import pytest
from doc_pages import PAGES, blocks
from doc_session import differs, type_into
from doc_stage import LACKING, Stage

GUIDE = "deploy/sentry/INTEGRATION_GUIDE.md"  # test_docs_guide.py runs it, and looks at more
TYPED = {
    page: typed
    for page in PAGES
    if page != GUIDE
    and (typed := [block for block in blocks(page) if block.is_run and block.language != "python"])
}


@pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}")
@pytest.mark.timeout(240)  # some twenty programs are started, one after the other
@pytest.mark.parametrize("page", TYPED)
def test_a_page_prints_what_it_shows(page, tmp_path):
    with Stage(tmp_path) as stage:
        stage.write_files(page)
        found = type_into(stage, TYPED[page])
    wrong = [
        f"{block}\n$ {command.typed}\n{printed}"
        for block, command, printed in found
        if differs(command.shown, printed)
    ]
    assert wrong == [], "\n".join(wrong)
    if any("telemetry test-error" in command.typed for _, command, _ in found):
        kinds = {error["exception"]["values"][-1]["type"] for error in stage.sink.errors()}
        assert "TelemetryTestError" in kinds


def test_a_difference_is_seen():
    assert not differs("a … c\n…\nend\n", "a b c\n1\n2\nend \n")
    assert not differs("…\n", "")
    assert differs("a … c\n", "a b d\n")
    assert differs("", "said\n")
    assert differs("said\n", "")
    assert differs("said\n…\n", "said\n[exit 1]\n")
