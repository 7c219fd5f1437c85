"""Every block of every page is run, parsed, or says why not; and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import kubernetes_validate
import pytest
import yaml
from doc_pages import PAGES, PARSED, REASONS, ROOT, RUN, RUN_BY, RUN_ELSEWHERE, SERVES, SHOWN, blocks, text_of

_LINK = re.compile(r"\[[^\]\[]*\]\(([^()\s]+)\)")
_FENCED = re.compile(r"^ {0,3}```.*?^ {0,3}```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(page: str) -> set[str]:
    """The names that GitHub gives to a page's headings."""
    text = _FENCED.sub("", text_of(page))
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def test_a_block_that_is_not_run_says_why_and_the_reason_is_one_of_few():
    unknown = [
        f"{block}: {block.mark or block.language}"
        for page in PAGES
        for block in blocks(page)
        if block.language not in SHOWN | PARSED | RUN
        or not (block.mark in {"", SERVES, *REASONS} or RUN_BY.fullmatch(block.mark))
        or (block.mark == SERVES and block.language != "console")
    ]
    assert unknown == []
    marks = {block.mark for page in PAGES for block in blocks(page)}
    assert REASONS.keys() - marks == set(), "reasons that nobody needs"


def test_what_another_test_runs_stands_in_a_page_that_it_reads():
    marked = {
        (page, found[1])
        for page in PAGES
        for block in blocks(page)
        if (found := RUN_BY.fullmatch(block.mark))
    }
    for page, test in {*marked, *RUN_ELSEWHERE.items()}:
        assert f'"{page.rpartition("/")[2]}"' in (ROOT / test).read_text(encoding="utf-8"), (page, test)


@pytest.mark.parametrize("page", PAGES)
def test_each_piece_of_python_is_a_file_that_something_on_the_page_runs_or_imports(page):
    found = [block for block in blocks(page) if block.language in RUN and block.is_run]
    for block in found:
        if block.language == "python":
            assert block.name, f"{block}: the first line names the file, as in '# app.py'"
            path = Path(block.name)
            name = path.stem if path.parent == Path() else path.parent.name
            others = [other.text for other in found if other is not block]
            assert any(re.search(rf"\b{name}\b", text) for text in others), f"{block}: nothing runs {name}"


def test_what_is_to_be_read_by_kubernetes_would_be():
    found = [block for page in PAGES for block in blocks(page) if block.language == "yaml"]
    assert found
    for block in found:
        for document in yaml.safe_load_all(block.text):
            kubernetes_validate.validate(document, "1.30", strict=True)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_every_anchor_to_a_heading(page):
    wrong = []
    for link in _LINK.findall(_FENCED.sub("", text_of(page))):
        path, _, anchor = unquote(link).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        there = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        leads = there.exists() and there.is_relative_to(ROOT)
        if not leads or (anchor and anchor not in anchors(there.relative_to(ROOT).as_posix())):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page):
    named = re.findall(r"`((?:tests|docs|deploy|benchmarks)/[\w./-]+\.\w+)`", _FENCED.sub("", text_of(page)))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_nothing_is_left_to_be_written():
    assert [block.page for page in PAGES for block in blocks(page) if block.text.strip() in ("", "X")] == []
