"""The runbook has an entry for everything that can wake somebody, and none for what can't."""

from __future__ import annotations

import re

import yaml
from doc_pages import ROOT, text_of
from doc_stage import borrowed

from telemetry.as_code.losses import MEANINGS
from telemetry.ledger import End

PAGE = "docs/runbook.md"


def part(title):
    """A chapter of the page."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text_of(PAGE), re.DOTALL | re.MULTILINE)
    return found[1]


def headings(title):
    return [heading.strip("`") for heading in re.findall(r"^### (.+)$", part(title), re.MULTILINE)]


def entries(title):
    """The first column of a chapter's table: an entry that nothing is said about is none."""
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|", part(title), re.MULTILINE)
    return [name for name, said in rows if said.strip()]


def loaded(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_each_monitor_and_alert_of_sentry_has_an_entry_and_each_entry_one():
    said = loaded("deploy/sentry/alerts.yaml")
    names = [entry["name"] for entry in (*said["monitors"], *said["alerts"])]
    *told, last = headings("Sentry's monitors and alerts")
    assert (told, last) == (names, "Issues with a title of ours")


def test_each_title_that_the_grouping_rules_give_has_an_entry():
    titles = [rule["title"] for rule in loaded("deploy/sentry/grouping_rules.yaml")["fingerprints"]]
    told = re.findall(
        r"^\| \*([^*]+)\* \| [^|]+ \| [^|]+ \|$", part("Sentry's monitors and alerts"), re.MULTILINE
    )
    assert told == titles


def test_each_rule_of_prometheus_has_an_entry_that_says_how_urgent_it_is():
    rules = [
        rule
        for group in loaded("deploy/otel/prometheus/rules.yaml")["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert headings("Prometheus' rules") == [rule["alert"] for rule in rules]
    told = re.findall(r"^### (\w+)\n\n\*(\w+)\.\*", part("Prometheus' rules"), re.MULTILINE)
    assert told == [(rule["alert"], rule["labels"]["severity"].capitalize()) for rule in rules]


def test_each_end_of_the_ledger_has_an_entry():
    assert sorted(entries("How an item ends")) == sorted(end.value for end in End)


def test_each_reason_that_is_reported_to_sentry_has_an_entry_with_its_end():
    from telemetry.sentry.reports import REASONS

    told = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", part("What Sentry counted"), re.MULTILINE))
    assert told.keys() == MEANINGS.keys()
    assert told.items() <= {(reason, end.value) for end, reason in REASONS.items()}


def test_each_finding_of_the_doctor_has_an_entry_and_each_entry_a_finding():
    # The last two are made of variables, where no constant tells them.
    made = {*borrowed("telemetry/doctor/test_doctor_docs.py")._ids(), "instrumentation.", ".failed"}
    told = entries("The doctor's findings")
    assert len(told) == len(set(told))
    # What varies stands in capitals: setting.VARIABLE, wiring.N, log-handler.LOGGER.CLASS.
    constant = {re.sub(r"\b[A-Z]+\b(\.[A-Z]+\b)*", "", finding) for finding in told}
    assert constant == made


def test_a_finding_s_entry_stands_in_the_doctor_s_page_too():
    page = text_of("docs/doctor.md")
    assert [finding for finding in entries("The doctor's findings") if f"`{finding}`" not in page] == []


def test_sentry_s_page_lists_the_same_monitors_and_alerts_and_names_each_dashboard():
    said = loaded("deploy/sentry/alerts.yaml")
    listed = re.findall(r"^\| `(continuum: [^`]+)` \|", text_of("deploy/sentry/README.md"), re.MULTILINE)
    assert listed == [entry["name"] for entry in (*said["monitors"], *said["alerts"])]
    flowing = " ".join(text_of("deploy/sentry/README.md").split())
    titles = [board["title"] for board in loaded("deploy/sentry/dashboards.yaml")["dashboards"]]
    assert [title for title in titles if f"*{title}*" not in flowing] == []
