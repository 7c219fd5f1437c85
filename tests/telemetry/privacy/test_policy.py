"""Every rule has examples that must and must not match."""

from __future__ import annotations

import time

import pytest

from telemetry.privacy import policy

SECRET = "A1b2C3d4E5f6G7h8I9j0K1l2"

EXAMPLES: dict[str, tuple[list[str], list[str]]] = {
    "secret-key": (
        ["user.password", "api_key", "x-auth-token", "Authorization"],
        ["tokenizer", "passenger", "author"],
    ),
    "personal-key": (["user.email", "phone", "client.ip"], ["emailed", "microphone", "ship"]),
    "content-key": (["memory.text", "prompt", "user_message"], ["context", "textile", "http.route"]),
    "continuum-key": ([f"cm_{SECRET}"], ["cm_short", "dcm_" + SECRET]),
    "jwt": ([f"eyJhbGciOi.eyJzdWIiOi.{SECRET}"], ["eyJhbGciOi", "hey.you.there"]),
    "bearer": ([f"Bearer {SECRET}", f"basic {SECRET}"], ["bearer of", "basically nothing"]),
    "url-credentials": (["postgresql://user:hunter2@db/x"], ["https://host:8420/path", "a:b@c"]),
    "sentry-dsn": ([f"https://{'ab' * 16}@o1.example/1"], ["https://inspector@host/1"]),
    "sentry-token": ([f"sntrys_{SECRET}"], ["sntrys", "sntry_project"]),
    "aws-key": (["AKIAIOSFODNN7EXAMPLE"], ["AKIA", "XAKIAIOSFODNN7EXAMPLEX"]),
    "github-token": ([f"ghp_{SECRET}", f"github_pat_{SECRET}"], ["ghp_short"]),
    "gitlab-token": ([f"glpat-{SECRET}"], ["glpat-short"]),
    "slack-token": ([f"xoxb-{SECRET}"], ["xoxo", "xoxb-1"]),
    "stripe-key": ([f"sk_live_{SECRET}"], ["sk_live_", "task_live_x"]),
    "ai-key": ([f"sk-{SECRET}"], ["sk-short", "ask-" + "x" * 5]),
    "private-key": (["-----BEGIN RSA PRIVATE KEY-----\nMIIE"], ["-----BEGIN CERTIFICATE-----"]),
    "email": (["a.person@example.org"], ["@decorator", "user@", "a @ b.c"]),
    # Rules without a pattern say why a whole value was replaced; their tests stand in test_scrub.py.
    **{rule.id: ([], []) for rule in policy.PLAIN_RULES},
}


def test_every_rule_has_examples_and_every_example_a_rule():
    assert EXAMPLES.keys() == policy.RULES.keys()


@pytest.mark.parametrize(
    "rule", [rule for rule in policy.RULES.values() if rule.pattern], ids=lambda rule: rule.id
)
def test_rule_matches_its_examples_and_nothing_beside_them(rule):
    matching, other = EXAMPLES[rule.id]
    assert matching
    assert other
    assert all(rule.pattern.search(text) for text in matching)
    assert not any(rule.pattern.search(text) for text in other)


def test_every_rule_says_why():
    assert all(rule.reason.endswith(".") for rule in policy.RULES.values())


@pytest.mark.parametrize("piece", ["a", "a@", "a.", "-", "eyJ", "://", "x:", "0", "sk-", " Basic ", "'"])
def test_no_input_makes_a_rule_slow(piece):
    patterns = [rule.pattern for rule in policy.RULES.values() if rule.pattern]

    def cost(length: int) -> float:
        text = piece * (length // len(piece))
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            for pattern in patterns:
                pattern.search(text)
            best = min(best, time.process_time() - started)
        return best

    # Twice the input may cost twice the time, with room for a noisy machine; quadratic would be 8 times.
    assert cost(160_000) < 5 * cost(40_000) * 2 + 0.02
