"""plan, apply and drift against a server that plays Sentry's API."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sentry_api import SentryApi

from telemetry.as_code.command import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parents[3] / "deploy/sentry"
TOKEN = "sntryu_" + "7a" * 32


@pytest.fixture
def api() -> Iterator[SentryApi]:
    with SentryApi(TOKEN) as api:
        yield api


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files that a test may change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "sentry"))


@pytest.fixture
def sentry(
    api: SentryApi, folder: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command; returns its exit code, and what it printed where. The token is nowhere in it."""

    def sentry(*arguments: str, **environ: str) -> tuple[int, str, str]:
        environment = {
            "SENTRY_URL": api.url,
            "SENTRY_AUTH_TOKEN": TOKEN,
            "SENTRY_ORG": "acme",
            "SENTRY_PROJECT": "memory",
        } | environ
        code = run([*arguments, "--from", str(folder)], "sentry", environment)
        printed = capsys.readouterr()
        assert TOKEN not in printed.out + printed.err
        return code, printed.out, printed.err

    return sentry


def names(entries: dict[str, Any], key: str = "name") -> list[str]:
    return sorted(entry[key] for entry in entries.values() if entry[key].startswith("continuum: "))


def test_a_plan_shows_everything_and_writes_nothing(api: SentryApi, sentry: Any) -> None:
    code, out, _ = sentry("plan")
    assert code == 0
    assert api.writes == []
    assert "~ project settings" in out
    assert '+error.type:"LearnError" -> learn-failed title="Learning failed"' in out
    assert "+ monitor continuum: no spans" in out
    assert "+ alert continuum: a monitor (memory) (after its monitors)" in out
    assert "13 to write; nothing was written." in out


def test_the_second_apply_writes_nothing(api: SentryApi, sentry: Any) -> None:
    code, out, err = sentry("apply")
    assert (code, err) == (0, ""), err
    assert out.endswith("13 written, 0 failed.\nSentry is as the files say.\n")
    assert [(method, path) for method, path, _ in api.writes][:2] == [
        ("PUT", "/api/0/projects/acme/memory/"),
        ("POST", "/api/0/organizations/acme/projects/memory/detectors/"),
    ]
    assert len(names(api.detectors)) == 6
    assert len(names(api.workflows)) == 4
    assert names(api.dashboards, "title") == ["continuum: service (memory)", "continuum: telemetry (memory)"]

    before = len(api.writes)
    assert sentry("apply")[:2] == (0, "0 written, 0 failed.\nSentry is as the files say.\n")
    assert sentry("drift")[:2] == (0, "Sentry is as the files say.\n")
    assert len(api.writes) == before


def test_alerts_are_tied_to_what_they_watch(api: SentryApi, sentry: Any) -> None:
    sentry("apply")
    watched = {entry["name"]: set(entry["detectorIds"]) for entry in api.workflows.values()}
    monitors = {
        int(number) for number, entry in api.detectors.items() if entry["name"].startswith("continuum: ")
    }
    assert watched["continuum: new issue (memory)"] == {1.0}
    assert watched["continuum: a monitor (memory)"] == monitors
    assert api.dashboards[max(api.dashboards, key=int)]["projects"] == [4711]


def test_two_projects_of_an_organisation_don_t_take_each_other_s_alerts(api: SentryApi, sentry: Any) -> None:
    api.workflows["50"] = {"id": "50", "name": "continuum: new issue (other)", "detectorIds": ["51"]}
    api.dashboards["52"] = {"id": "52", "title": "continuum: service (other)", "projects": [5], "widgets": []}
    code, out, _ = sentry("apply")
    assert code == 0
    assert "(other)" not in out
    assert api.workflows["50"]["detectorIds"] == ["51"]
    assert api.dashboards["52"]["projects"] == [5]


def test_what_is_nobody_s_in_the_files_is_left_as_it_is(api: SentryApi, sentry: Any) -> None:
    sentry("apply")
    assert api.project["platform"] == "python"
    assert api.dashboards["2"]["title"] == "Somebody's own"
    assert json.loads(api.project["relayPiiConfig"])["rules"]["continuum-key"]
    assert api.project["sensitiveFields"] == []


def change_rule(api: SentryApi) -> None:
    api.project["fingerprintingRules"] += "\nerror.type:Mine -> mine"


def add_scrubbing(api: SentryApi) -> None:
    config = json.loads(api.project["relayPiiConfig"])
    config["applications"]["exception.**"] = ["@anything:remove"]
    api.project["relayPiiConfig"] = json.dumps(config)


def change_threshold(api: SentryApi) -> None:
    entry = next(entry for entry in api.detectors.values() if entry["name"] == "continuum: slow requests")
    entry["conditionGroup"]["conditions"][0]["comparison"] = 9000.0


def change_query(api: SentryApi) -> None:
    entry = next(entry for entry in api.detectors.values() if entry["name"] == "continuum: no spans")
    entry["dataSources"][0]["queryObj"]["snubaQuery"]["timeWindow"] = 3600.0


def switch_off(api: SentryApi) -> None:
    next(entry for entry in api.workflows.values() if entry["name"] == "continuum: regression (memory)")[
        "enabled"
    ] = False


def untie(api: SentryApi) -> None:
    next(entry for entry in api.workflows.values() if entry["name"] == "continuum: new issue (memory)")[
        "detectorIds"
    ] = []


def drop_widget(api: SentryApi) -> None:
    next(entry for entry in api.dashboards.values() if entry["title"] == "continuum: service (memory)")[
        "widgets"
    ].pop()


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (change_rule, "~ project settings\n    fingerprintingRules:\n      -error.type:Mine -> mine"),
        (add_scrubbing, 'relayPiiConfig.applications.exception.**: ["@anything:remove"] → (absent)'),
        (change_threshold, "conditionGroup.conditions[0].comparison: 9000.0 → 2000"),
        (change_query, "dataSources[0].timeWindow: 3600.0 → 600"),
        (switch_off, "~ alert continuum: regression (memory)\n    enabled: false → true"),
        (untie, "~ alert continuum: new issue (memory)\n    detectorIds"),
        (drop_widget, "~ dashboard continuum: service (memory)\n    widgets"),
    ],
)
def test_drift_is_found_shown_and_mended(api: SentryApi, sentry: Any, change: Any, shown: str) -> None:
    sentry("apply")
    change(api)
    code, out, _ = sentry("drift")
    assert code == 1
    assert shown in out
    assert "1 not as the files say." in out
    before = len(api.writes)
    assert sentry("apply")[0] == 0
    assert len(api.writes) == before + 1
    assert sentry("drift")[0] == 0


def test_what_stands_in_no_file_any_more_is_told_and_left_alone(
    api: SentryApi, sentry: Any, folder: Path
) -> None:
    sentry("apply")
    path = folder / "alerts.yaml"
    path.write_text(path.read_text().replace('"continuum: slow requests"', '"continuum: slowness"'))
    code, out, _ = sentry("apply")
    assert code == 0
    assert "? monitor continuum: slow requests: in Sentry, in no file; left alone" in out
    assert {"continuum: slow requests", "continuum: slowness"} <= set(names(api.detectors))


def test_a_half_failed_apply_is_told_and_can_be_run_again(api: SentryApi, sentry: Any) -> None:
    api.fail("POST /api/0/organizations/acme/projects/memory/detectors/", 400, {"name": ["too many"]})
    code, out, err = sentry("apply")
    assert code == 1
    assert "6 written, 7 failed." in out
    assert (
        'error: monitor continuum: errors: POST /organizations/acme/projects/memory/detectors/: 400: {"name"'
        in err
    )
    assert (
        "error: alert continuum: a monitor (memory): its monitors are not there: continuum: errors, " in err
    )
    assert "Run apply again" in err

    api.failing.clear()
    before = len(api.writes)
    assert sentry("apply")[0] == 0
    assert len(api.writes) == before + 7
    assert sentry("drift")[0] == 0


def test_a_part_that_may_not_be_read_does_not_hold_up_the_others(api: SentryApi, sentry: Any) -> None:
    api.fail("GET /api/0/organizations/acme/workflows/", 403)
    code, out, err = sentry("apply")
    assert (code, "9 written, 1 failed." in out) == (1, True)
    assert "error: GET /organizations/acme/workflows/: 403: not allowed" in err


def test_what_sentry_takes_and_does_not_keep_is_no_success(api: SentryApi, sentry: Any) -> None:
    kept = api._settings
    api._settings = lambda method, body: kept("GET", body)
    code, _, err = sentry("apply")
    assert code == 1
    assert "Sentry took what was written and holds something else" in err


def test_a_monitor_that_is_there_twice_is_not_guessed_at(api: SentryApi, sentry: Any) -> None:
    sentry("apply")
    number = next(n for n, entry in api.detectors.items() if entry["name"] == "continuum: errors")
    api.detectors["999"] = {**api.detectors[number], "id": "999"}
    code, _, err = sentry("plan")
    assert (code, "error: monitor continuum: errors: is in Sentry twice" in err) == (2, True)


def test_being_asked_to_wait_is_waited_for(api: SentryApi, sentry: Any) -> None:
    api.fail("PUT /api/0/projects/", 429, times=1, Retry_After="0")
    api.fail("GET /api/0/organizations/acme/dashboards/", 503, times=1)
    assert sentry("apply")[0] == 0


def test_a_redirect_is_not_followed(api: SentryApi, sentry: Any) -> None:
    with SentryApi(TOKEN) as elsewhere:
        api.fail("GET /api/0/projects/", 302, Location=f"{elsewhere.url}/api/0/projects/acme/memory/")
        code, _, err = sentry("plan")
        assert (code, "302" in err) == (2, True)
        assert elsewhere.calls == []


@pytest.mark.parametrize("answer", [[None], "<html>", {"id": "x"}])
def test_a_server_that_is_not_sentry_s_is_told_so(api: SentryApi, sentry: Any, answer: Any) -> None:
    api.fail("GET /api/0/projects/", 200, answer)
    code, _, err = sentry("plan")
    assert (code, "expected a project; is SENTRY_URL Sentry's?" in err) == (2, True)


def test_a_list_in_another_form_is_told_so(api: SentryApi, sentry: Any) -> None:
    api.fail("GET /api/0/organizations/acme/detectors/", 200, [{"name": "continuum: errors"}])
    code, _, err = sentry("plan")
    assert (code, "expected a list; is SENTRY_URL Sentry's?" in err) == (2, True)


def test_an_answer_that_quotes_the_token_does_not_print_it(api: SentryApi, sentry: Any) -> None:
    api.fail("GET /api/0/projects/", 401, {"detail": f"bad token {TOKEN}\x1b[2J"})
    code, _, err = sentry("plan")
    assert (code, "bad token [token] [2J" in err) == (2, True)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"SENTRY_AUTH_TOKEN": ""}, "SENTRY_AUTH_TOKEN is not set"),
        ({"SENTRY_AUTH_TOKEN": "two words"}, "SENTRY_AUTH_TOKEN is not set or is no token"),
        ({"SENTRY_ORG": ""}, "SENTRY_ORG is not set"),
        ({"SENTRY_PROJECT": "../other"}, "SENTRY_PROJECT is not set or is no slug"),
        ({"SENTRY_URL": "http://sentry.example"}, "SENTRY_URL: expected https://host"),
        ({"SENTRY_URL": "https://me:secret@sentry.example"}, "SENTRY_URL: expected https://host"),
        ({"SENTRY_URL": "https://[secret"}, "SENTRY_URL: expected https://host"),
        ({"SENTRY_URL": "http://127.0.0.1:9"}, "no answer"),
    ],
)
def test_what_is_missing_is_named(sentry: Any, environ: dict[str, str], sentence: str) -> None:
    code, _, err = sentry("plan", **environ)
    assert code == 2
    assert sentence in err
    assert "secret" not in err


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        ("alerts.yaml", ("watches: errors", "watches: [what]"), "alerts.watches: expected errors"),
        ("alerts.yaml", ('"continuum: errors"\n    type', '"errors"\n    type'), "has to begin with"),
        ("alerts.yaml", ("    enabled: true\n    description", "    description"), "enabled is missing"),
        ("grouping_rules.yaml", ("error.type: LearnError", "error.kind: LearnError"), "an unknown matcher"),
        ("grouping_rules.yaml", ("then: [+app]", "then: [app]"), "accepted are +app, +group, -app, -group"),
        ("grouping_rules.yaml", ("[learn-failed]", '["learn failed"]'), "fingerprint: accepted are"),
        ("grouping_rules.yaml", ("fingerprints:", "fingerprint:"), "a key that is not accepted"),
        ("dashboards.yaml", ("dashboards:", "dashboards: {"), "is no YAML (line"),
        ("privacy.yaml", ("dataScrubber: true", "dataScrubber: 3"), "expected true or false"),
    ],
)
def test_a_file_in_another_form_is_refused_before_anything_is_asked(
    sentry: Any, folder: Path, file: str, change: tuple[str, str], sentence: str
) -> None:
    path = folder / file
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change, 1))
    code, _, err = sentry("apply", SENTRY_URL="http://127.0.0.1:9")
    assert code == 2
    assert sentence in err
    assert "no answer" not in err


def test_a_missing_folder_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "--from", "/nonexistent"], "sentry", {}) == 2
    assert "grouping_rules.yaml: not in /nonexistent; name the folder with --from" in capsys.readouterr().err


def test_a_terminal_without_the_letters_gets_others(
    sentry: Any, monkeypatch: pytest.MonkeyPatch, api: SentryApi, folder: Path
) -> None:
    sentry("apply")
    switch_off(api)
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    environ = {"SENTRY_URL": api.url, "SENTRY_AUTH_TOKEN": TOKEN}
    assert (
        run(["plan", "--from", str(folder), "--org", "acme", "--project", "memory"], "sentry", environ) == 0
    )
    assert rb"enabled: false \u2192 true" in written.getvalue()


def test_the_command_is_telemetry_s_own_and_loads_nothing_that_runs_in_a_service() -> None:
    program = (
        "import sys; from telemetry.__main__ import main;"
        f"code = main(['sentry', 'show', '--from', {str(FOLDER)!r}]);"
        "loaded = [name for name in sys.modules if name.partition('.')[0] in ('opentelemetry', 'sentry_sdk')"
        " or name.startswith('telemetry.') and name.split('.')[1] not in ('__main__', 'as_code', 'privacy')];"
        "sys.exit(code or loaded or 0)"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("## Fingerprint rules\n# telemetry-test: ")
