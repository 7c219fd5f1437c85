"""Every rule has examples that must and must not match."""

from __future__ import annotations

import re
import time

import pytest

from telemetry.privacy import checksums, patterns, policy

SECRET = "A1b2C3d4E5f6G7h8I9j0K1l2"
LONG = SECRET * 4

EXAMPLES: dict[str, tuple[list[str], list[str]]] = {
    "secret-key": (
        ["user.password", "api_key", "x-auth-token", "Authorization"],
        ["tokenizer", "passenger", "author"],
    ),
    "personal-key": (["user.email", "phone", "client.ip"], ["emailed", "microphone", "ship"]),
    "content-key": (["memory.text", "prompt", "user_message"], ["context", "textile", "http.route"]),
    "continuum-key": ([f"cm_{SECRET}"], ["cm_short", "dcm_" + SECRET]),
    "private-key": (
        ["-----BEGIN RSA PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----\\nMIIE\\n"],
        ["-----BEGIN CERTIFICATE-----"],
    ),
    "jwt": ([f"eyJhbGciOi.eyJzdWIiOi.{SECRET}"], ["eyJhbGciOi", "hey.you.there"]),
    "bearer": (
        [f"Bearer {SECRET}", f"basic {SECRET}"],
        ["bearer of", "basically nothing", "Basic authentication.", "a bearer credential is"],
    ),
    "url-credentials": (
        ["postgresql://user:hunter2@db/x", "redis://:p@ss@cache"],
        ["https://host:8420/path", "a:b@c", "http://[::1]:80/a@b"],
    ),
    "webhook": (
        [
            f"https://t.webhook.office.com/webhookb2/{SECRET}",
            "https://hooks.zapier.com/hooks/catch/1234567/a1b2c3d4",
        ],
        ["https://hooks.zapier.com/hooks/catch/", "https://example.test/webhook/1"],
    ),
    "sentry-dsn": ([f"https://{'ab' * 16}@o1.example/1"], ["https://inspector@host/1"]),
    "url-token": ([f"https://{SECRET}@host/1"], ["https://inspector@host/1"]),
    "sentry-token": ([f"sntrys_{SECRET}"], ["sntrys", "sntry_project"]),
    "aws-key": (["AKIA" + "IOSFODNN7EXAMPLE"], ["AKIA", "XAKIA" + "IOSFODNN7EXAMPLEX"]),
    "aws-secret": (
        [f"aws_secret_access_key={LONG[:40]}", f"secret key is {LONG[:40]}", "IQoJb3JpZ2lu" + LONG],
        [f"secret_access_key={SECRET}", LONG[:40]],
    ),
    "google-key": (
        ["AIza" + LONG[:35], "GOCSPX-" + LONG[:28], "ya29." + LONG],
        ["AIza" + SECRET, "AIza" + LONG, "ya29"],
    ),
    "azure-key": (
        [f"AccountKey={LONG}", f"?sv=1&sig={LONG}", f"abc8Q~{LONG[:34]}"],
        ["AccountKey=?", "design=" + LONG, "Q~" + LONG],
    ),
    "digitalocean-token": (["dop_v1_" + "0a" * 32], ["dop_v1_" + "0a" * 8]),
    "cloud-key": (
        [f"LTAI{LONG[:20]}", f"HRKU-AA{LONG[:58]}", f"tskey-auth-{SECRET}-{SECRET}", f"nfp_{LONG[:36]}"],
        ["LTAI", "HRKU-1", "tskey-auth-", "v1.0-beta", "fm2_radio", "YCOMBINATOR"],
    ),
    "github-token": ([f"ghp_{SECRET}", f"github_pat_{SECRET}"], ["ghp_short"]),
    "gitlab-token": ([f"glpat-{SECRET}", f"glrt-{SECRET}"], ["glpat-short", "gl-" + SECRET]),
    "atlassian-token": ([f"ATBB{SECRET}", f"ATATT3{SECRET}"], ["ATBB", "ATATT2" + SECRET]),
    "slack-token": (
        [f"xoxb-{SECRET}", f"xapp-{SECRET}", f"https://hooks.slack.com/services/T0/B0/{SECRET}"],
        ["xoxo", "xoxb-1", "https://hooks.slack.com/services/"],
    ),
    "discord-token": (
        [f"M{SECRET}.a1B2c3.{LONG[:30]}", f"discord.com/api/webhooks/{'12' * 9}/{LONG}"],
        ["Module.name1.of", "discord.com/api/webhooks/12/x"],
    ),
    "telegram-token": ([f"123456789:{LONG[:35]}"], ["123456789:80", f"123:{LONG[:35]}"]),
    "stripe-key": (
        [f"sk_live_{SECRET}", f"rk_test_{SECRET}", f"whsec_{SECRET}"],
        ["sk_live_", "task_live_x", "whsec_short"],
    ),
    "payment-token": (
        [f"sq0atp-{SECRET}", f"EAAA{LONG[:60]}", f"access_token$sandbox${'a1' * 8}${'0f' * 16}"],
        ["sq0atp-short", "EAAA"],
    ),
    "ai-key": (
        [
            f"sk-{SECRET}",
            f"sk-proj-{SECRET}",
            f"sk-ant-api03-{SECRET}",
            f"hf_{LONG[:34]}",
            f"gsk_{LONG[:52]}",
        ],
        ["sk-short", "ask-" + "x" * 5, "sk-learn-pipeline-estimator-step", "hf_transfer"],
    ),
    "package-token": (
        [f"npm_{LONG[:36]}", f"pypi-AgEIcHlwaS5vcmc{LONG}", f"dckr_pat_{SECRET}"],
        ["npm_config_registry", "pypi-publish"],
    ),
    "build-token": (
        [
            f"CCIPAT_{LONG[:22]}_{'0a' * 20}",
            f"pul-{'0a' * 20}",
            f"{LONG[:14]}.atlasv1.{LONG[:67]}",
            f"squ_{'0a' * 20}",
        ],
        ["CCIPAT_", "pull-request", "api-gateway", "squ_id", "API-" + "key"],
    ),
    "monitoring-key": (
        [f"NRAK-{'A1B' * 9}", f"dt0c01.{'A1' * 12}.{'A1' * 32}", f"phx_{LONG[:43]}", f"glsa_{LONG[:32]}"],
        ["NRAK-short", "dt0c01", "phx_id", "glc_"],
    ),
    "database-token": (
        [f"pscale_tkn_{LONG[:43]}", f"sbp_{'0a' * 20}", f"pat{LONG[:14]}.{'0a' * 32}", f"secret_{LONG[:43]}"],
        ["pscale_tkn_", "pattern.py", "secret_name", "patch." + "0a" * 32],
    ),
    "mail-key": (
        [f"SG.{LONG[:22]}.{LONG[:43]}", f"key-{'0a' * 16}", f"AC{'0a' * 16}", f"{'0a' * 16}-us14"],
        ["SG.en.US", "key-value", "0a" * 16, "AC" + "0a" * 20],
    ),
    "shopify-token": ([f"shpat_{'0a' * 16}"], ["shpat_short"]),
    "platform-token": (
        [f"hvs.{SECRET}", f"dp.pt.{LONG[:43]}", f"dapi{'0a' * 16}", f"lin_api_{LONG[:40]}", f"s.{SECRET}"],
        ["hvs.short", "dapi", "s.startswith", "sl.png", "dp.x", "logs.serializationofsomething"],
    ),
    "social-token": (
        [f"EAAM{LONG}{SECRET}", f"123456789012345|{LONG[:27]}"],
        ["EAAM", "123456789012345|2", "a|b"],
    ),
    "trade-token": (
        [f"shippo_live_{'0a' * 20}", f"EZAK{LONG[:54]}", f"duffel_test_{LONG[:43]}", f"3MVG9{LONG}"],
        ["shippo_live_", "EZAK", "duffel_test_mode"],
    ),
    "secret-assignment": (
        [
            "password=hunter",
            "DB_PASSWORD='letmein",
            f"client_secret: {SECRET}",
            "X-Api-Key=a1b2c3d4",
            f"authorization: Token {SECRET}",
            f"access_token%3D{SECRET}",
            f'{{\\"apiKey\\": \\"{SECRET}\\"}}',
            f"deploy --token {SECRET}",
            f"curl -u app:{SECRET} https://example.test/",
        ],
        [
            "password=None",
            "docker run -u 1000:1000",
            "curl -u app https://example.test/",
            "authorization: required",
            "token: expected an identifier",
            "max_tokens=4096",
            "token=[data]",
            "password = x",
        ],
    ),
    "opaque-token": (
        [LONG[:32], f"id {LONG} here", "A1b2-C3d4_" * 4],
        [
            LONG[:31],
            "0a" * 32,
            "TestHttp2ConnectionUpgradeHandlerFactory",
            "A" * 40,
            "a1" * 20,
            "B2" * 20,
            "0a1b-" * 9,
        ],
    ),
    "email": (
        [
            "a.person@example.org",
            "j\u00f6rg@b\u00fccher.example",
            "a%40example.org",
            "a@xn--e1afmkfd.xn--p1ai",
        ],
        ["@decorator", "user@", "a @ b.c", "icon@2x.png"],
    ),
    "iban": (
        ["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19 was charged", "de89370400440532013000"],
        ["DE88370400440532013000", "XX89370400440532013000", "DE89"],
    ),
    "us-ssn": (["219-09-9999"], ["000-12-3456", "219-09-99999", "2024-01-0199"]),
    "uk-nino": (["AB 12 34 56 C", "AB123456C"], ["QQ 12 34 56 Z", "AB123456"]),
    "es-id": (["12345678Z", "X1234567L"], ["12345678A", "X1234567A"]),
    "fr-id": (["1 85 05 78 006 084 91"], ["1 85 05 78 006 084 92"]),
    "br-id": (["529.982.247-25"], ["529.982.247-26", "111.111.111-11"]),
    "it-id": (["RSSMRA85T10A562S"], ["RSSMRA85X10A562S"]),
    "card": (
        ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "3782 822463 10005"],
        ["4111111111111112", "1732300000000", "a4111111111111111", "550e8400-e29b-41d4-a716-446655440000"],
    ),
    "phone": (
        ["+49 151 23456789", "+1 (415) 555-2671", "(212) 555-0100", "212-555-0100", "0044 20 7946 0958"],
        ["+00:00", "2026-11-23 21:15:30", "1,204.55", "212-55-0100", "+0200", "v1.20.3-4567"],
    ),
    "ip": (
        ["203.0.113.7", "peer 10.0.0.7:443", "2001:db8::7", "fe80::1%eth0"],
        [
            "127.0.0.1",
            "::1",
            "0.0.0.0",
            "1.2.3",
            "12:34:56",
            "be::ad",
            "every[1::2]",
            "a[::2]",
            "256.1.1.1",
            "v1.2.3.4",
        ],
    ),
    # Rules without a pattern say why a whole value was replaced; their tests stand in test_scrub.py.
    **{rule.id: ([], []) for rule in policy.PLAIN_RULES},
}


def finds(rule: patterns.Rule, text: str) -> bool:
    found = [match[0] for match in rule.pattern.finditer(text)] if rule.pattern else []
    return any(rule.check is None or checksums.CHECKS[rule.check](match) for match in found)


def test_every_rule_has_examples_and_every_example_a_rule():
    assert EXAMPLES.keys() == policy.RULES.keys()


@pytest.mark.parametrize(
    "rule", [rule for rule in policy.RULES.values() if rule.pattern], ids=lambda rule: rule.id
)
def test_rule_matches_its_examples_and_nothing_beside_them(rule):
    matching, other = EXAMPLES[rule.id]
    assert matching
    assert other
    assert [text for text in matching if not finds(rule, text)] == []
    assert [text for text in other if finds(rule, text)] == []


@pytest.mark.parametrize("rule", patterns.VALUE_RULES, ids=lambda rule: rule.id)
def test_what_a_rule_matches_holds_one_of_its_hints(rule):
    for text in EXAMPLES[rule.id][0]:
        assert not rule.hints or any(hint in text.lower() for hint in rule.hints)
        assert not rule.digits or sum(character.isdigit() for character in text) >= 6
        assert not rule.long or re.search(r"[A-Za-z0-9_+/=-]{16}", text)
    assert all(hint == hint.lower() for hint in rule.hints)
    assert rule.check is None or rule.check in checksums.CHECKS


def test_every_rule_says_why():
    assert all(rule.reason.endswith(".") for rule in policy.RULES.values())


PIECES = [
    "a",
    "a@",
    "a.",
    "-",
    "eyJ",
    "://",
    "x:",
    "0",
    "sk-",
    " Basic ",
    "'",
    "-eyJ",
    "1 ",
    "+1",
    "1.",
    "a:",
]
PIECES += [
    "token=",
    "-----BEGIN PRIVATE KEY-----",
    "://a:",
    "DE12",
    "a%40",
    "1-",
    "A1b2",
    "curl -u ",
    "--a-",
    "\\\\n",
    "%3D",
    "s.",
    "00a!",
]


@pytest.mark.parametrize("piece", PIECES)
def test_no_input_makes_a_rule_slow(piece):
    def cost(pattern: re.Pattern[str], length: int) -> float:
        text = piece * (length // len(piece))
        best = float("inf")
        for _ in range(2):
            started = time.process_time()
            pattern.search(text)
            best = min(best, time.process_time() - started)
        return best

    # Four times the input may cost four times the time, with room for a noisy machine; quadratic would be 16 times.
    slow = [
        rule.id
        for rule in policy.RULES.values()
        if rule.pattern and cost(rule.pattern, 60_000) > 8 * cost(rule.pattern, 15_000) + 0.02
    ]
    assert slow == []
