from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.privacy.content import Content
from telemetry.privacy.inbound import (
    HEAD,
    MOST_VALUES,
    SMALL_PART,
    TAIL,
    Inbound,
    from_form,
    from_json,
    from_path,
    from_query,
)
from telemetry.privacy.inbound_headers import from_headers

BASIC = base64.b64encode("mirabel:grüne Wiese".encode()).decode()


def headers(**named: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]


def test_json_gives_its_strings_odd_keys_and_long_numbers_at_any_depth() -> None:
    body = {
        "text": "Lotte is allergic",
        "list": [{"Henrik's keys": {"deep": [["at the lake"]]}}, 42, True, None],
        "phone": 4915155501,
        "latitude": 52.520066,
        "": "",
    }
    found = from_json(json.dumps(body).encode())
    assert set(found.values) == {
        "Lotte is allergic",
        "Henrik's keys",
        "at the lake",
        "4915155501",
        "52.520066",
    }
    assert found.exact == ()
    assert found.complete


def test_a_key_that_is_there_twice_hides_nothing() -> None:
    assert from_json(b'{"a": "first text", "a": "second text"}').values == ("second text", "first text")


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "Lotte is allergic',
        b'{"text": "Lotte is allergic", }',
        b'{text: "Lotte is allergic"}',
        b'text" : "Lotte is allergic", "a": 1',
        b"Lotte is allergic to peanuts",
        b"[" * 100_00 + b'"Lotte is allergic"',
        '{"text": "Lotte is allergic"}'.encode("utf-16"),
        b'{"text": "Lotte is allergic \xff"}',
        b'{"text": "Lotte is allergic", "n": ' + b"9" * 5000 + b"}",
        b'"Lotte is allergic\\',
    ],
)
def test_broken_json_still_gives_its_strings(body: bytes) -> None:
    content = Content()
    content.register(from_json(body).values)
    assert "Lotte is allergic" in content


def test_of_a_large_body_the_beginning_and_the_end_are_read_and_the_rest_is_said_to_be_missing() -> None:
    body = json.dumps(["Lotte is allergic", "x" * (HEAD + TAIL), "Henrik is stealing"]).encode()
    found = from_json(body)
    content = Content()
    content.register(found.values)
    assert not found.complete
    assert "Lotte is allergic" in content
    assert "Henrik is stealing" in content


def test_more_values_than_anybody_sends_are_said_to_be_too_many() -> None:
    body = json.dumps([[str(number)] for number in range(MOST_VALUES + 1)]).encode()[: HEAD + 4_000]
    assert len(from_json(body).values) <= MOST_VALUES
    assert not from_query(b"&".join(b"a=%d" % number for number in range(MOST_VALUES))).complete


def test_a_urlencoded_form_gives_its_values() -> None:
    found = from_form(
        b"text=Lotte+is%20allergic&limit=5&Henrik+S=&=x", "application/x-www-form-urlencoded; a=b"
    )
    assert found.values == ("Lotte is allergic", "5", "Henrik S", "x")


def test_a_multipart_form_gives_its_small_parts_and_file_names() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="text"\r\n\r\nLotte is allergic\r\n'
        b'--B\r\nContent-Disposition: form-data; name="upload"; filename="letter to Henrik.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\n" + b"z" * (SMALL_PART + 1) + b"\r\n"
        b"--B\r\nContent-Disposition: form-data; name=x; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt\r\n\r\nshort\r\n"
        b"--B--\r\n"
    )
    found = from_form(body, b'multipart/form-data; boundary="B"')
    assert {value.strip("\r\n") for value in found.values} >= {
        "Lotte is allergic",
        "letter to Henrik.txt",
        "utf-8''Grüße.txt",
        "short",
    }
    assert not any("zzz" in value for value in found.values)
    assert not found.complete


def test_a_form_of_an_unknown_kind_is_text() -> None:
    assert from_form(b"Lotte is allergic", "text/plain").values == ("Lotte is allergic",)


def test_a_query_gives_its_values_and_odd_names() -> None:
    assert from_query(b"q=Lotte+is%20allergic&limit=5&odd%20name=1").values == (
        "Lotte is allergic",
        "5",
        "odd name",
        "1",
    )


def test_a_path_gives_what_the_route_took_from_it() -> None:
    number = uuid.UUID("5f0c1f9e-53d1-4f6a-9a2f-0f1c7f2be7aa")
    params: dict[str, Any] = {"name": "Mirabel", "rest": "a/letter", "id": number, "n": 12345678}
    assert from_path("/v1/people/Mirabel", params).values == (
        "Mirabel",
        "a/letter",
        "a",
        "letter",
        str(number),
        "12345678",
    )
    assert from_path("/v1/people", {}).values == ()


def test_a_path_that_no_route_matched_gives_all_its_segments() -> None:
    assert from_path("/people/Mirabel%20S").values == ("people", "Mirabel S")


def test_what_an_application_made_of_a_parameter_is_not_asked() -> None:
    class Trap:
        def __str__(self) -> str:
            raise AssertionError

        __repr__ = __hash__ = __str__  # type: ignore[assignment]

    assert from_path("/people/Mirabel", {"person": Trap()}).values == ("people", "Mirabel")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Bearer cm_live_Zx81kQ0v", ("cm_live_Zx81kQ0v",)),
        ("bearer   cm_live_Zx81kQ0v", ("cm_live_Zx81kQ0v",)),
        ("cm_live_Zx81kQ0v", ("cm_live_Zx81kQ0v",)),
        (f"Basic {BASIC}", (BASIC, "mirabel", "grüne Wiese")),
        ("Basic !!!", ("!!!",)),
        ("my secret", ("my secret", "secret")),
        ('Digest username="mirabel", nonce=abc', ("mirabel", "abc")),
        ("", ()),
    ],
)
def test_credentials_are_exact_with_or_without_a_scheme(value: str, found: tuple[str, ...]) -> None:
    assert from_headers(headers(Authorization=value)).exact == found


def test_cookies_are_credentials_when_they_look_like_it() -> None:
    found = from_headers(headers(cookie='sid=Zx81kQ0v; theme=dark; name="Mirabel%20S"; a'))
    assert found.exact == ("Zx81kQ0v", "Mirabel%20S")
    assert found.values == ("dark",)


def test_keys_tenants_users_and_addresses_are_exact() -> None:
    found = from_headers(
        headers(
            X_API_Key="k-123456",
            X_CSRF_Token="t-123456",
            X_Forwarded_For="203.0.113.9, 127.0.0.1",
            Forwarded='for="[2001:db8::9]";proto=https',
            X_Tenant="acme",
        ),
        also=("X-Tenant",),
    )
    assert found.exact == ("k-123456", "t-123456", "203.0.113.9", "[2001:db8::9]", "acme")


def test_what_nobody_knows_is_registered_and_what_says_how_is_not() -> None:
    found = from_headers(
        headers(
            host="acme.example.org",
            accept="text/html",
            connection="keep-alive",
            content_type="application/json",
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            baggage="sentry-release=1,person=Mirabel%20S",
            x_request_id="0af7651916cd43dd8448eb211c80319c",
            x_correlation_id="call of Mirabel",
            referer="https://example.org/letters?to=Henrik",
            user_agent="Agent of Lotte",
            x_patient="Theodora",
        )
    )
    assert found.exact == ()
    assert found.values == (
        "person=Mirabel S",
        "call of Mirabel",
        "https://example.org/letters?to=Henrik",
        "Agent of Lotte",
        "Theodora",
    )


def test_what_cannot_be_read_is_said_to_be_missing() -> None:
    assert not from_headers([(b"a",)]).complete  # type: ignore[list-item]  # whatever servers have
    assert not from_headers([(b"referer", b"x" * 20_000)]).complete
    assert not from_headers([(b"a", b"b")] * 300).complete
    assert not from_query(b"a=" + b"x" * HEAD).complete


def test_its_repr_shows_nothing_that_was_found() -> None:
    assert repr(Inbound(("Lotte",), ("secret",))) == "Inbound(complete=True)"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_nothing_inbound_raises(raw: bytes, text: str) -> None:
    for found in (
        from_json(raw),
        from_form(raw, text),
        from_form(raw, b"multipart/form-data; boundary=" + raw[:3]),
        from_form(raw, "application/x-www-form-urlencoded"),
        from_query(raw),
        from_path(text, {"a": text, "b": raw}),
        from_path(text),
        from_headers([(b"authorization", raw), (b"cookie", raw), (raw, raw), (b"forwarded", raw)]),
    ):
        assert all(type(value) is str for value in (*found.values, *found.exact))


LEAVES = st.text(max_size=20) | st.integers() | st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    )
)
def test_every_string_of_any_json_is_found(value: Any) -> None:
    found = set(from_json(json.dumps(value).encode()).values)

    def strings(item: Any) -> set[str]:
        if isinstance(item, str):
            return {item} - {""}
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        return {text for part in inner for text in strings(part)}

    assert strings(value) <= found


@pytest.mark.parametrize(
    "unit", [b'"', b"\\", b'"\\', b"[", b'{"a":', b"--B", b'="', b"%", b"=&", b"a ", b"  =", b"; "]
)
def test_adversarial_bodies_take_linear_time(unit: bytes) -> None:
    raw = unit * (60_000 // len(unit))
    began = time.process_time()
    from_json(raw)
    from_form(raw, "multipart/form-data; boundary=B")
    from_form(raw, raw)
    from_query(raw)
    from_headers([(b"authorization", raw), (b"cookie", raw), (b"forwarded", raw), (raw, raw)])
    # Quadratic time would be minutes.
    assert time.process_time() - began < 5
