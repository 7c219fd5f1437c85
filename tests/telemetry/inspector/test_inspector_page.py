"""The page, in a real browser against a real process."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from typing import TYPE_CHECKING

import pytest
from inspector_samples import SCRIPT, error_envelope, ids, recall, transaction_envelope
from playwright.sync_api import Page, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSER = os.environ.get("CHROMIUM_PATH") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium found; install one or set CHROMIUM_PATH"),
]


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(10_000)
        # Chromium reports Content-Security-Policy violations on the console as errors too.
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: None if "//127.0.0.1:" in request.url else complaints.append(request.url),
        )
        yield page
        browser.close()
    assert complaints == []


def post(address: str, path: str, body: bytes, content_type: str = "application/x-protobuf") -> None:
    request = urllib.request.Request(address + path, body, {"content-type": content_type})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200


def test_the_list_says_what_to_do_then_fills_by_itself_and_can_be_narrowed(process: str, page: Page) -> None:
    page.goto(process)
    expect(page.get_by_role("heading", name="Listening")).to_be_visible()
    expect(
        page.get_by_text(f"SENTRY_DSN=http://inspector@{process.removeprefix('http://')}/1")
    ).to_be_visible()

    recorder, _, failing = recall()
    trace_id, span_id = ids(failing)
    post(process, "/v1/traces", recorder.request().SerializeToString())
    post(process, "/api/1/envelope/", error_envelope(trace_id, span_id))
    post(process, "/api/1/envelope/", transaction_envelope())

    # It arrives without a reload; the filter and the toggle narrow it down.
    row = page.locator("a.row", has_text="POST /v1/recall")
    expect(row).to_be_visible()
    expect(row.locator(".dot.bad")).to_be_visible()
    page.get_by_label("Errors only").check()
    expect(page.locator("a.row", has_text="/v1/concepts")).to_have_count(0)
    page.get_by_label("Errors only").uncheck()
    page.get_by_label("Filter").press_sequentially("CONCEPTS")
    expect(page.locator("a.row")).to_have_count(1)
    page.get_by_label("Filter").fill("")
    expect(page.locator("a.row")).to_have_count(3)

    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("heading", name="Listening")).to_be_visible()


def test_a_reader_walks_from_the_list_to_the_error_and_back(process: str, page: Page) -> None:
    recorder, _, failing = recall()
    trace_id, span_id = ids(failing)
    post(process, "/v1/traces", recorder.request().SerializeToString())
    post(process, "/api/1/envelope/", error_envelope(trace_id, span_id))
    page.goto(process)
    page.locator("a.row", has_text="POST /v1/recall").click()
    spans = page.locator("button.span")
    expect(spans).to_have_count(9)
    expect(page.get_by_role("heading", name="POST /v1/recall")).to_be_visible()
    boxes = [spans.nth(place).locator(".bar").bounding_box() for place in (0, 2)]
    assert boxes[0]["x"] < boxes[1]["x"]
    assert boxes[0]["width"] > boxes[1]["width"]

    # Keyboard alone opens a span whose attribute looks like a script: it stays text.
    spans.nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("button.span[aria-expanded=true]")).to_contain_text("memory.recall")
    expect(page.locator("button.span[aria-expanded=true]")).to_be_focused()
    expect(page.locator(".detail")).to_contain_text(SCRIPT)
    expect(page.locator(".detail .chip", has_text="memory-text").first).to_be_visible()

    failed = page.locator("button.span", has_text="SELECT continuum.memories")
    expect(failed.locator(".errormark")).to_be_visible()
    failed.click()
    expect(page.locator(".detail")).to_contain_text("sqlalchemy.exc.OperationalError")
    page.locator("a.errorlink").click()

    expect(page.get_by_role("heading", name="OperationalError", exact=True)).to_be_visible()
    expect(page.locator(".frame.app")).to_have_count(2)
    expect(page.locator(".frame.app .function").first).to_have_text("recall")
    expect(page.locator(".sourceline.current").first).to_contain_text("session.execute")
    expect(page.get_by_text("do_execute")).to_be_hidden()
    page.get_by_text("4 library frames").click()
    expect(page.get_by_text("do_execute")).to_be_visible()
    expect(page.locator(".exception").nth(1)).to_contain_text("ConnectionResetError")
    expect(page.locator("main")).to_contain_text(SCRIPT)

    page.locator("a.tracelink").click()
    expect(page).to_have_url(f"{process}/#/trace/{trace_id}/span/{span_id}")
    expect(page.locator("button.span[aria-expanded=true]")).to_contain_text("SELECT continuum.memories")
    assert page.locator("main script, main img").count() == 0
    expect(page).to_have_title("POST /v1/recall · Inspector")


def test_spans_in_a_circle_or_without_their_parent_are_each_shown_once(process: str, page: Page) -> None:
    trace_id = "7" * 32
    parents = {"a" * 16: "b" * 16, "b" * 16: "a" * 16, "c" * 16: "c" * 16, "d" * 16: "e" * 16}
    spans = [
        {
            "traceId": trace_id,
            "spanId": own,
            "parentSpanId": parent,
            "name": own[:3],
            "kind": 9,
            "status": {"code": 7},
        }
        for own, parent in parents.items()
    ]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    post(process, "/v1/traces", body, "application/json")
    page.goto(f"{process}/#/trace/{trace_id}")
    expect(page.locator("button.span")).to_have_count(4)
    expect(page.locator("button.span", has_text="ddd")).to_contain_text("parent missing")


def test_the_page_fits_a_telephone_and_both_colour_schemes_are_readable(process: str, page: Page) -> None:
    recorder, _, failing = recall()
    trace_id, span_id = ids(failing)
    post(process, "/v1/traces", recorder.request().SerializeToString())
    post(process, "/api/1/envelope/", error_envelope(trace_id, span_id))
    page.set_viewport_size({"width": 360, "height": 740})
    for route in ("", f"#/trace/{trace_id}/span/{span_id}", "#/error/" + "a" * 32):
        page.goto(f"{process}/{route}")
        expect(page.locator("main .view")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, route
    backgrounds = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        backgrounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(backgrounds) == 2
