"""Secrets and personal data that nobody owns, made from their formats at run time, each in a line of a log.

Made, not written down: a scanner of secrets that reads this file finds none, and no value was ever issued.
"""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING, NamedTuple

from telemetry.privacy.checksums import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
DIGITS = string.digits
HEX = "0123456789abcdef"
URL = ALNUM + "-_"
BASE64 = ALNUM + "+/"
EACH = 9

LINES = (
    "could not authenticate with {}",
    'POST https://api.example.test/v1/items failed, sent "{}"',
    "ValueError: unexpected value {} in row 17",
    "retrying (2 of 5) for {}, next attempt in 0.4 s",
    "config loaded: value={}; debug=false",
    "[worker-3] user wrote: please use {} for this",
    "{}",
    "context=('{}',) status=500",
    '{{"value": "{}", "ok": false}}',
)


class Labelled(NamedTuple):
    """One line; ``rule`` ought to find ``secret`` in it, and nothing of it may stay."""

    rule: str
    secret: str
    line: str


def _checked(check: str, make: Callable[[], str]) -> str:
    """Draw until the checksum is right."""
    while not CHECKS[check](value := make()):
        pass
    return value


def _formats(rng: random.Random) -> dict[str, list[Callable[[], str]]]:
    def of(alphabet: str, size: int) -> str:
        return "".join(rng.choices(alphabet, k=size))

    def token(alphabet: str, size: int) -> str:
        # A digit, as every issued token of this length has: otherwise it may be a word.
        return of(alphabet, size - 2) + rng.choice(DIGITS) + rng.choice(string.ascii_letters)

    def number(low: int, high: int) -> str:
        return str(rng.randint(low, high))

    def pem(newline: str) -> str:
        body = newline.join(of(BASE64, 64) for _ in range(4))
        label = "RSA PRIVATE" + " KEY-----"
        return f"-----BEGIN {label}{newline}{body}{newline}-----END {label}"

    def iban(country: str, bank: str, size: int) -> str:
        body = bank + of(DIGITS, size - 4 - len(bank))
        turned = "".join(str(int(character, 36)) for character in f"{body}{country}00")
        return f"{country}{98 - int(turned) % 97:02}{body}"

    def grouped(text: str, size: int, between: str) -> str:
        return between.join(text[place : place + size] for place in range(0, len(text), size))

    def card(prefix: str, size: int) -> str:
        return _checked("luhn", lambda: prefix + of(DIGITS, size - len(prefix)))

    return {
        "continuum-key": [lambda: "cm_" + token(URL, 43)],
        "private-key": [lambda: pem("\n"), lambda: pem("\\n")],
        "jwt": [lambda: f"eyJ{of(URL, 30)}.eyJ{of(URL, 60)}.{of(URL, 43)}"],
        "bearer": [lambda: "Bearer " + token(URL, 40), lambda: "Basic " + token(BASE64, 22) + "=="],
        "url-credentials": [
            lambda: f"postgresql://app:{token(ALNUM, 14)}@",
            lambda: f"redis://:{token(ALNUM, 20)}@",
            lambda: f"mongodb+srv://svc:{token(ALNUM, 8)}@{token(ALNUM, 4)}@",
        ],
        "sentry-dsn": [lambda: f"https://{of(HEX, 32)}@"],
        "url-token": [lambda: f"https://{token(ALNUM, 30)}@"],
        "sentry-token": [lambda: "sntryu_" + of(HEX, 64), lambda: "sntrys_" + of(ALNUM, 60)],
        "aws-key": [lambda: "AKIA" + of(UPPER, 16), lambda: "ASIA" + of(UPPER, 16)],
        "aws-secret": [
            lambda: "aws_secret_access_key = " + of(BASE64, 40),
            lambda: 'SecretKey: "' + of(BASE64, 40),
        ],
        "google-key": [
            lambda: "AIza" + of(URL, 34) + "x",
            lambda: "GOCSPX-" + of(URL, 28),
            lambda: "ya29." + of(URL, 80),
        ],
        "azure-key": [
            lambda: f"AccountName=store;AccountKey={of(BASE64, 86)}==",
            lambda: f"Endpoint=sb://bus.example.test/;SharedAccessKey={of(BASE64, 43)}=",
            lambda: f"?sv=2024-01-01&sr=b&sig={of(ALNUM, 43)}%3D",
            lambda: f"{of(ALNUM, 3)}8Q~{of(ALNUM, 34)}",
        ],
        "digitalocean-token": [lambda: "dop_v1_" + of(HEX, 64)],
        "github-token": [lambda: "ghp_" + of(ALNUM, 36), lambda: "github_pat_" + of(ALNUM, 82)],
        "gitlab-token": [lambda: "glpat-" + of(ALNUM, 20), lambda: "glrt-" + of(ALNUM, 20)],
        "atlassian-token": [lambda: "ATBB" + of(ALNUM, 32), lambda: "ATATT3" + of(ALNUM, 180)],
        "slack-token": [
            lambda: f"xoxb-{of(DIGITS, 12)}-{of(DIGITS, 12)}-{of(ALNUM, 24)}",
            lambda: f"xapp-1-A{of(UPPER, 10)}-{of(DIGITS, 13)}-{of(HEX, 64)}",
            lambda: f"https://hooks.slack.com/services/T{of(UPPER, 10)}/B{of(UPPER, 10)}/{of(ALNUM, 24)}",
        ],
        "discord-token": [
            lambda: f"M{of(ALNUM, 25)}.{of(ALNUM, 6)}.{of(ALNUM, 38)}",
            lambda: f"https://discord.com/api/webhooks/{of(DIGITS, 18)}/{of(ALNUM, 68)}",
        ],
        "telegram-token": [lambda: f"{number(10**9, 9 * 10**9)}:AA{of(ALNUM, 33)}"],
        "stripe-key": [
            lambda: "sk_live_" + of(ALNUM, 24),
            lambda: "rk_test_" + of(ALNUM, 99),
            lambda: "whsec_" + of(ALNUM, 32),
        ],
        "payment-token": [
            lambda: "sq0atp-" + of(ALNUM, 22),
            lambda: "EAAA" + of(ALNUM, 60),
            lambda: f"access_token$production${of(LOWER, 16)}${of(HEX, 32)}",
        ],
        "ai-key": [
            lambda: "sk-" + token(ALNUM, 48),
            lambda: "sk-proj-" + token(URL, 120),
            lambda: "sk-ant-api03-" + token(URL, 95),
            lambda: "hf_" + of(ALNUM, 34),
            lambda: "gsk_" + of(ALNUM, 52),
        ],
        "package-token": [lambda: "npm_" + of(ALNUM, 36), lambda: "pypi-AgEIcHlwaS5vcmc" + of(ALNUM, 120)],
        "mail-key": [
            lambda: f"SG.{of(ALNUM, 22)}.{of(ALNUM, 43)}",
            lambda: "key-" + of(HEX, 32),
            lambda: "SK" + of(HEX, 32),
            lambda: of(HEX, 32) + "-us14",
        ],
        "shopify-token": [lambda: "shpat_" + of(HEX, 32)],
        "platform-token": [lambda: "hvs." + of(ALNUM, 90), lambda: "dp.pt." + of(ALNUM, 43)],
        "monitoring-key": [lambda: "glsa_" + of(ALNUM, 32) + "_" + of(HEX, 8)],
        "cloud-key": [lambda: "HRKU-AA" + of(URL, 58), lambda: "LTAI" + of(ALNUM, 20)],
        "build-token": [lambda: "pul-" + of(HEX, 40), lambda: f"{of(ALNUM, 14)}.atlasv1.{of(URL, 67)}"],
        "database-token": [lambda: "pscale_tkn_" + of(ALNUM, 43)],
        "social-token": [lambda: "EAAM" + of(ALNUM, 120)],
        "trade-token": [lambda: "shippo_live_" + of(HEX, 40)],
        "webhook": [lambda: f"https://hooks.zapier.com/hooks/catch/{of(DIGITS, 7)}/{of(LOWER, 8)}"],
        # The middle has what the rule asks for, whatever else is drawn.
        "opaque-token": [lambda: of(ALNUM, 16) + "a1Bc2De3fG" + of(ALNUM, 16)],
        "secret-assignment": [
            lambda: "password=" + token(ALNUM, 12),
            lambda: "DB_PASSWORD: '" + token(ALNUM, 10),
            lambda: "Server=db;User Id=app;Password=" + token(ALNUM, 12),
            lambda: "DD_API_KEY=" + "4" + of(HEX, 31),
            lambda: "access_token=" + token(ALNUM, 30),
            lambda: 'client_secret": "' + token(ALNUM, 30),
        ],
        "email": [
            lambda: f"{of(string.ascii_lowercase, 6)}.{of(string.ascii_lowercase, 8)}@mail.example.org",
            lambda: f"{of(string.ascii_lowercase, 6)}+{of(LOWER, 3)}@example.co.uk",
            lambda: f"j\u00f6rg.{of(string.ascii_lowercase, 5)}@b\u00fccher.example",
        ],
        "card": [
            lambda: card("4", 16),
            lambda: grouped(card("5" + rng.choice("12345"), 16), 4, " "),
            lambda: grouped(card("4", 16), 4, "-"),
            lambda: card("37", 15),
        ],
        "iban": [
            lambda: iban("DE", "", 22),
            lambda: grouped(iban("GB", "NWBK", 22), 4, " "),
            lambda: iban("FR", "", 27),
            lambda: grouped(iban("ES", "", 24), 4, " "),
        ],
        "phone": [
            lambda: "+49 " + number(151, 179) + " " + of("23456789", 8),
            lambda: f"+1 (415) 555-{number(1000, 9999)}",
            lambda: f"(212) 555-{number(1000, 9999)}",
            lambda: f"415-555-{number(1000, 9999)}",
            lambda: f"+4420{number(10000000, 99999999)}",
            lambda: f"06 {number(10, 99)} {number(10, 99)} {number(10, 99)} {number(10, 99)}",
            lambda: f"030 {number(1000000, 9999999)}",
        ],
        "us-ssn": [lambda: f"{number(100, 665)}-{number(10, 99)}-{number(1000, 9999)}"],
        "uk-nino": [lambda: f"AB {number(10, 99)} {number(10, 99)} {number(10, 99)} C"],
        "es-id": [
            lambda: _checked("spanish", lambda: of(DIGITS, 8) + rng.choice("TRWAGMYFPDXBNJZSQVHLCKE")),
        ],
        "fr-id": [lambda: _checked("french", lambda: rng.choice("12") + of(DIGITS, 14))],
        "br-id": [
            lambda: _checked(
                "brazilian", lambda: f"{of(DIGITS, 3)}.{of(DIGITS, 3)}.{of(DIGITS, 3)}-{of(DIGITS, 2)}"
            )
        ],
        "it-id": [lambda: f"{of(string.ascii_uppercase, 6)}{number(10, 99)}A{number(10, 31)}H501Z"],
        "ip": [
            lambda: f"203.0.113.{number(1, 254)}",
            lambda: f"10.{number(0, 255)}.{number(0, 255)}.{number(1, 254)}",
            lambda: f"2001:db8:{of('123456789', 4)}::{of('123456789', 3)}",
            lambda: "fe80::" + ":".join(of("123456789abcdef", 3) + "1" for _ in range(4)),
        ],
    }


def corpus(seed: int = 7) -> list[Labelled]:
    """The same lines for the same seed: at least ``EACH`` for each rule, every format in several lines."""
    rng = random.Random(seed)
    found = []
    for rule, formats in _formats(rng).items():
        for turn in range(max(EACH, 3 * len(formats))):
            secret = formats[turn % len(formats)]()
            line = LINES[(turn + len(rule)) % len(LINES)]
            # What ends in an at sign stands in front of a host.
            shown = secret + "db.internal/x" if secret.endswith("@") else secret
            found.append(Labelled(rule, secret, line.format(shown)))
    return found
