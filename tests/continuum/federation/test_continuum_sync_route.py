"""What /v1/sync/changes refuses, and what a caller makes of answers that can't be trusted."""

import gzip
import json
import secrets
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from continuum.core.records import Note
from continuum.federation import signing
from continuum.federation.batches import MAX_INFLATED, Batch, pack
from continuum.federation.client import PATH, PeerClient, send_over_http
from continuum.federation.errors import PeerUnreachable, SignatureRefused, SyncError
from continuum.federation.giving import prepare
from continuum.federation.identity import new_private_key, read_identity
from continuum.federation.signing import HEADER, Call, sign_call
from continuum.federation.unpacking import unpack
from continuum.storage.keys import create_key
from continuum.storage.tenants import ensure_tenant


class Caller:
    """Calls a served instance as its peer, and changes the request on its way."""

    def __init__(self, one, other):
        self.one, self.other = one, other

    def __call__(
        self, body=b"", *, method="POST", query="", api_key=None, identity=None, audience=None,
        signed=lambda call: call, header=lambda written: written,
    ):  # fmt: skip
        call = Call(method, PATH, query, body, api_key or self.other.api_key)
        signature = sign_call(identity or self.one.identity, audience or self.other.key_id, signed(call))
        headers = {"X-API-Key": call.api_key, HEADER: header(str(signature))}
        url = self.other.url + PATH + (f"?{query}" if query else "")
        return send_over_http(method, url, headers, body)


def kind(answer):
    if answer.status == 200:
        return 200, "ok"
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status
    return answer.status, problem["type"].rpartition(":")[2]


def changed(body, **values):
    return gzip.compress(json.dumps(json.loads(gzip.decompress(body)) | values).encode())


def test_what_isn_t_signed_by_the_tenant_s_peer_lately_once_and_whole_is_refused(make_instances, monkeypatch):
    one, other = make_instances(2, served=True)
    one.engine.learn(one.tenant, Note("the vault is empty"))
    batch, _ = prepare(one.database, one.tenant, 0, {})
    good, call = pack(batch), Caller(one, other)
    stranger = read_identity(new_private_key())
    with other.database.write() as connection:
        foreign = create_key(connection, ensure_tenant(connection, "foreign"), ["sync"])
        unscoped = create_key(connection, other.tenant, ["read", "write", "admin"])
    seen = []

    def kept(written):
        seen.append(written)
        return written

    def at(seconds):
        with monkeypatch.context() as patch:
            now = signing.time.time()
            patch.setattr(signing.time, "time", lambda: now + seconds)
            return str(sign_call(one.identity, other.key_id, Call("POST", PATH, "", good, other.api_key)))

    past, future = at(-400), at(400)
    text = json.loads(gzip.decompress(good))["changes"][0]
    cases = {
        "no signature": (call(good, header=lambda _: ""), (401, "sync-signature")),
        "a forged signature": (
            call(good, header=lambda written: written[:-86] + secrets.token_urlsafe(65)[:86]),
            (401, "sync-signature"),
        ),
        "an unknown peer": (call(good, identity=stranger), (403, "sync-peer-unknown")),
        "an unknown peer under a known name": (
            call(good, identity=stranger, header=lambda written: written.replace(stranger.key_id, one.key_id)),
            (401, "sync-signature"),
        ),
        "another tenant": (call(good, api_key=foreign), (403, "sync-peer-unknown")),
        "a key without the scope": (call(good, api_key=unscoped), (403, "scope-missing")),
        "an unknown key": (call(good, api_key="cm_" + "x" * 43), (401, "unauthenticated")),
        "signed for another instance": (call(good, audience=stranger.key_id), (401, "sync-signature")),
        "another body": (call(good, signed=lambda made: replace(made, body=b"")), (401, "sync-signature")),
        "another method": (call(good, signed=lambda made: replace(made, method="GET")), (401, "sync-signature")),
        "another path": (call(good, signed=lambda made: replace(made, path="/v1")), (401, "sync-signature")),
        "another query": (
            call(method="GET", query="limit=1", signed=lambda made: replace(made, query="limit=2")),
            (401, "sync-signature"),
        ),
        "another API key": (
            call(good, signed=lambda made: replace(made, api_key=foreign)), (401, "sync-signature"),
        ),
        "an old one": (call(good, header=lambda _: past), (401, "sync-clock")),
        "one from the future": (call(good, header=lambda _: future), (401, "sync-clock")),
        "a torn batch": (call(good[:-9]), (422, "sync-batch")),
        "two in one": (call(good + good), (422, "sync-batch")),
        "no gzip": (call(gzip.decompress(good)), (422, "sync-batch")),
        "a bomb": (call(gzip.compress(bytes(MAX_INFLATED * 16))), (422, "sync-batch")),
        "nesting": (call(gzip.compress(b"[" * 100_000)), (422, "sync-batch")),
        "a newer form": (call(changed(good, format=2, new="x")), (422, "sync-format")),
        "a field too many": (call(changed(good, new="x")), (422, "sync-batch")),
        "no changes": (call(changed(good, changes={})), (422, "sync-batch")),
        "a word too many": (call(changed(good, changes=[text | {"x": 1}])), (422, "sync-batch")),
        "NUL": (call(changed(good, changes=[text | {"said": text["said"] | {"text": "\0"}}])), (422, "sync-batch")),
        "a kind of its own": (call(changed(good, changes=[text | {"kind": "move"}])), (422, "sync-batch")),
        "a number too large": (call(changed(good, changes=[text | {"clock": 2**63}])), (422, "sync-batch")),
        "a gap": (call(changed(good, changes=[text | {"sequence": 2}])), (422, "sync-batch")),
        "no cursor": (call(method="GET", query="cursor=%C3%A4"), (422, "sync-cursor")),
        "nothing known": (call(method="GET", query="known=x"), (422, "sync-cursor")),
        "too many at once": (call(method="GET", query="limit=501"), (422, "invalid-request")),
    }  # fmt: skip
    assert {name: kind(answer) for name, (answer, _) in cases.items()} == {
        name: expected for name, (_, expected) in cases.items()
    }
    # No answer says anything of what was sent, and nothing of it was taken.
    assert not any(b"vault" in answer.body for answer, _ in cases.values())
    assert other.texts() == set()
    assert kind(call(good, header=kept)) == (200, "ok")
    assert kind(call(good, header=lambda _: seen[0])) == (401, "sync-replayed")
    assert other.texts() == {"the vault is empty"}


def test_a_caller_trusts_only_answers_that_the_pinned_key_signed(make_instances):
    one, other = make_instances(2, served=True)
    other.engine.learn(other.tenant, Note("tea"))
    stranger = read_identity(new_private_key())
    # Nothing moves until both sides have said so, for this tenant.
    with pytest.raises(SyncError, match="doesn't know this instance"):
        one.client(other, identity=stranger).fetch("", 500, {})
    for changes in ({"public_key": stranger.public_key}, {"key_id": stranger.key_id}):
        with pytest.raises(SyncError):
            one.client(other, **changes).fetch("", 500, {})

    def tampered(method, url, headers, body):
        answer = send_over_http(method, url, headers, body)
        return replace(answer, body=pack(Batch(other.database.instance_id, {}, [])))

    with pytest.raises(SignatureRefused, match="answer"):
        one.client(other, send=tampered).fetch("", 500, {})
    # That the tenant is erased is believed of nobody else either.
    gone = one.client(other, send=lambda *_: replace(send_over_http(*_), status=410))
    with pytest.raises(SignatureRefused, match="answer"):
        gone.fetch("", 500, {})
    assert [change.said.text for change in one.client(other).fetch("", 500, {}).changes] == ["tea"]


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.paths.append(self.path)
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


def test_a_redirection_takes_the_api_key_nowhere_and_silence_is_an_error(make_instances):
    (one,) = make_instances(1)
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        server.paths = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        client = PeerClient(one.identity, url, one.key_id, one.identity.public_key, one.api_key)
        with pytest.raises(SyncError, match="refused") as caught:
            client.fetch("", 0, {})
        server.shutdown()
        thread.join(10)
    assert len(server.paths) == 1
    assert one.api_key not in str(caught.value) + repr(caught.value.values)
    with pytest.raises(PeerUnreachable):
        client.fetch("", 0, {})


def test_a_batch_says_the_same_after_its_way(pair):
    one, _ = pair
    session, metadata = "s", {"a": [1, None, "ü"]}
    one.engine.learn(one.tenant, Note("tea \u2028 ☕", "user", session, None, metadata, 0.25))
    batch, _ = prepare(one.database, one.tenant, 0, {})
    assert unpack(pack(batch)) == batch
    assert "tea" not in repr(batch)
