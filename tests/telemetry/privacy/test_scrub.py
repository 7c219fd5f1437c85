from __future__ import annotations

import _strptime
import json
import time
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.privacy import policy, scrub
from telemetry.privacy.content import Content
from telemetry.privacy.vocabulary import Vocabulary

KNOWN = [
    *policy.SAFE_KEYS,
    *policy.SQL_KEYS,
    *policy.URL_KEYS,
    *policy.PATH_KEYS,
    "note",
    "a.count",
    "Odd Key!",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=40)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


VOCABULARY = Vocabulary("strict", operator=["on project falcon now"])
VOCABULARY.learn_routes(["/v1/memories/{memory_id}"])
# pytest loads test modules by a loader of its own, whose code is not read: so the words are put in.
VOCABULARY._program._strings |= {
    "anything",
    "note",
    "user.phone",
    "items",
    "ratio",
    "flag",
    "a",
    "b",
    "c",
    "d",
    "n",
}
VOCABULARY._program._strings |= {"password", "a.count"}
VOCABULARY._program._names |= {"notes", "a", "b"}


def Scrubber() -> scrub.Scrubber:  # noqa: N802  # reads like the class it makes
    return scrub.Scrubber(VOCABULARY)


class Hostile:
    """Raises whatever is done with it."""

    def __str__(self):
        raise RuntimeError("called")

    __repr__ = __iter__ = __len__ = __bool__ = items = __str__


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("http.request.method", "POST", "POST"),
        ("http.response.status_code", 500, 500),
        ("http.route", "/v1/memories/{memory_id}", "/v1/memories/{memory_id}"),
        ("http.route", "/of/anna", "[redacted:unknown]"),
        ("http.request.method", "ANNA", "[redacted:unknown]"),
        ("db.query.text", "SELECT a FROM notes WHERE b = 'x'", "SELECT a FROM notes WHERE b = ?"),
        ("url.full", "https://user:pw@localhost:8420/a/b?q=1", "https://localhost:8420/[redacted:path]"),
        ("url.path", "/v1/memories/alice", "[redacted:path]"),
        ("error.type", "json.decoder.JSONDecodeError", "json.decoder.JSONDecodeError"),
        ("error.type", "AnnaError", "[redacted:unknown]"),
        ("error.type", "we talked about the divorce", "[redacted:shape]"),
        ("exception.message", "could not index my diary", "[data]"),
        ("gen_ai.request.model", "sk-A1b2C3d4E5f6G7h8I9j0K1l2", "[redacted:ai-key]"),
        ("note", "we talked about the divorce", "[redacted:content-key]"),
        ("anything", "we talked about the divorce", "[redacted:unlisted]"),
        ("user.phone", 491511234567, "[redacted:personal-key]"),
        ("anything", 491511234567, "[redacted:number]"),
        ("items", 12, 12),
        ("ratio", 0.25, 0.25),
        ("flag", True, True),
        ("anything", b"we talked", "[redacted:type]"),
        ("anything", ["we talked", 1], ["[redacted:unlisted]", 1]),
        ("anything", {"note": "we talked", "n": 1}, {"note": "[redacted:content-key]", "n": 1}),
    ],
)
def test_an_attribute_is_treated_by_the_rule_for_its_key(key, value, expected):
    assert Scrubber().attributes({key: value}) == {key: expected}


@pytest.mark.parametrize("key", sorted(policy.DROPPED_KEYS))
def test_some_keys_never_leave(key):
    assert Scrubber().attributes({key: "anything"}) == {}


def test_a_key_that_may_be_somebodys_words_is_replaced():
    assert Scrubber().attributes({"Falcon is late": 1}) == {"redacted.key": 1}


def test_values_of_unknown_types_are_never_called():
    clean = Scrubber().attributes({"a": Hostile(), "b": [Hostile()], "c": {"d": Hostile()}})
    assert clean == {"a": "[redacted:type]", "b": ["[redacted:type]"], "c": {"d": "[redacted:type]"}}


def test_cycles_and_depth_are_bounded():
    loop: list[object] = []
    loop.append(loop)
    assert "[redacted:depth]" in json.dumps(Scrubber().attributes({"a": loop}))


def test_registered_content_goes_from_prose():
    content = Content()
    content.register(["project falcon"])
    scrubber = scrub.Scrubber(Vocabulary("balanced"), lambda: content)
    assert scrubber.prose("on Project Falcon now") == "on [redacted:content] now"
    assert scrubber.rules["content"] == 1


def test_prose_goes_when_more_was_brought_in_than_could_be_kept():
    content = Content()
    content.mark_overflowed()
    assert scrub.Scrubber(Vocabulary("balanced"), lambda: content).prose("any words") == "[redacted:content]"


def test_rules_that_acted_are_counted():
    scrubber = Scrubber()
    scrubber.attributes({"a": "x y", "b": "x y", "password": "hunter2"})
    assert scrubber.rules == {"unlisted": 2, "secret-key": 1}


def test_a_label_that_holds_a_secret_goes_as_a_whole():
    label = "the divorce of a.person@example.org"
    assert Scrubber().attributes({"host.name": label}) == {"host.name": "[redacted:email]"}
    label = "divorce of sk-A1b2C3d4E5f6G7h8I9j0K1l2"
    assert Scrubber().attributes({"host.name": label}) == {"host.name": "[redacted:ai-key]"}


def test_a_text_that_is_cut_is_cut_between_words_so_that_no_half_of_a_secret_stays():
    secret = "ghp_" + "a1B2" * 9
    text = "x " * (policy.MAX_TEXT // 2 - 5) + secret
    clean = scrub.Scrubber(Vocabulary("balanced")).prose(text)
    assert "ghp_" not in clean
    assert len(clean) <= policy.MAX_TEXT


def test_a_text_that_grows_by_its_markers_is_cut_again():
    scrubber = scrub.Scrubber(Vocabulary("balanced"))
    once = scrubber.prose("a@b.cd " * 1200)
    assert len(once) <= policy.MAX_TEXT
    assert scrubber.prose(once) == once


def test_what_passed_is_remembered_within_bounds_and_only_then():
    vocabulary = Vocabulary("strict", operator=[f"host-{number}" for number in range(10_000)])
    for number in range(10_000):
        scrub.Scrubber(vocabulary).attributes(
            {"host.name": f"host-{number}", "db.query.text": f"GET {number}"}
        )
        scrub.Scrubber(vocabulary).attributes({"host.name": f"diary-{number}"})
    assert 0 < len(vocabulary.passed) <= 4096
    assert 0 < len(vocabulary.statements) <= 512
    assert not any("diary" in text for _, text in vocabulary.passed)


def test_a_number_under_a_key_that_never_leaves_does_not_leave_by_the_short_way():
    assert Scrubber().attributes({"client.port": 1, "network.peer.port": 2, "server.port": 3}) == {
        "server.port": 3
    }


def test_a_status_keeps_the_type_of_the_recorded_exception():
    scrubber = Scrubber()
    assert scrubber.status("ValueError: my diary", "builtins.ValueError") == "ValueError: [data]"
    assert scrubber.status("Alice: my diary", "ValueError") == "[data]"
    assert scrubber.status(None) is None


def test_a_message_of_a_library_keeps_its_own_words():
    with pytest.raises(ValueError, match="does not match format") as caught:
        time.strptime("my diary", "%Y")
    sources = [_strptime.__file__]
    said = Scrubber().message(str(caught.value), "ValueError", sources)
    assert said == "time data [data] does not match format [data]"


def test_a_stacktrace_keeps_its_frames_and_loses_its_words():
    try:
        json.loads("{my diary")
    except ValueError:
        text = traceback.format_exc()
    clean = Scrubber().stacktrace(text)
    assert "json/decoder.py" in clean
    assert "in raw_decode" in clean or "in decode" in clean
    assert "diary" not in clean
    assert "JSONDecodeError" not in clean


def test_a_message_that_looks_like_a_frame_is_not_believed():
    forged = 'Traceback (most recent call last):\n  File "/my/diary/page.py", line 1, in alice\nValueError'
    assert Scrubber().stacktrace(forged) == "Traceback (most recent call last):"


@given(st.dictionaries(st.sampled_from(KNOWN), VALUES, max_size=6))
def test_scrubbing_never_raises_and_twice_changes_nothing_more(attributes):
    once = Scrubber().attributes(attributes)
    assert Scrubber().attributes(once) == once


@given(st.dictionaries(st.sampled_from(KNOWN), st.just("Zq7 the divorce of Zq7"), max_size=8))
def test_a_sentence_survives_under_no_key_but_an_operators(attributes):
    clean = Scrubber().attributes(attributes)
    labels = {key for key, shape in policy.SAFE_KEYS.items() if shape == "label"}
    assert "divorce" not in json.dumps(
        {key: value for key, value in clean.items() if key not in labels | policy.SQL_KEYS}
    )


ID = "order 7f3a9c21b04d and mem_5j66UpCpwteGg4YS of 550e8400-e29b-41d4-a716-446655440000"


def kept(profile, hole, content=None):
    return scrub.Scrubber(Vocabulary(profile), None if content is None else lambda: content).message(hole)


def test_ids_in_messages_stay_in_development_only():
    assert [kept(profile, ID) for profile in ("strict", "balanced", "development")] == [
        "[data]",
        "[data]",
        ID,
    ]


@pytest.mark.parametrize(
    "said",
    [
        "sk_live_0123456789abcdefghij",
        "password=hunter2",
        "a.person@example.org",
        "4111 1111 1111 1111",
        "+49 151 23456789",
        "cm_" + "A1b2C3d4" * 4,
        "a1B2" * 9,
    ],
)
def test_in_development_rules_act_as_in_balanced(said):
    assert said not in kept("development", f"order 7f3a9c21b04d {said}")
    clean = scrub.Scrubber(Vocabulary("development")).attributes({"api.token": said, "user.phone": said})
    assert said not in json.dumps(clean)


def test_registered_content_goes_from_messages_in_development_too():
    content = Content()
    content.register(["project falcon", "7f3a9c21b04d"])
    assert kept("development", "order 7f3a9c21b04d", content) == "order [redacted:content]"
    overflowed = Content()
    overflowed.mark_overflowed()
    assert kept("development", "order 7f3a9c21b04d", overflowed) == "[redacted:content]"


@pytest.mark.parametrize("profile", ["balanced", "development"])
def test_registered_content_goes_from_a_message_in_which_a_rule_acted_besides(profile):
    content = Content()
    content.register(["project falcon"])
    said = kept(profile, "project falcon by a.person@example.org", content)
    assert said == "[redacted:content] by [redacted:email]"


def test_development_is_like_balanced_but_for_messages():
    attributes = {
        "anything": ID,
        "http.route": "/v1/of/anna",
        "url.path": "/v1/memories/alice",
        "user.phone": 491511234567,
        "anything.else": 491511234567,
        "db.query.text": "SELECT a FROM notes WHERE b = 'x'",
    }
    balanced, development = (
        scrub.Scrubber(Vocabulary(profile)).attributes(attributes) for profile in ("balanced", "development")
    )
    assert balanced == development


def test_the_profile_that_nobody_chose_is_strict():
    assert Vocabulary().profile == "strict"
    assert Vocabulary().strict


@pytest.mark.parametrize("key", ["tenant", "tenant_name", "app.customer", "user.login", "organisation"])
def test_in_balanced_a_key_that_names_somebody_keeps_the_name_here(key):
    scrubber = scrub.Scrubber(Vocabulary("balanced"))
    assert "northwind" not in str(scrubber.attributes({key: "northwind"}))
    allowed = scrub.Scrubber(Vocabulary("balanced", safe_keys=[key]))
    assert allowed.attributes({key: "northwind"}) == {key: "northwind"}
