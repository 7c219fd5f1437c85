"""Secrets of no vendor: keys of this service, forms that standards give, and what names around them tell."""

from __future__ import annotations

import re
from typing import Final

from telemetry.privacy.rules import START, Rule

FORMS: Final[tuple[Rule, ...]] = (
    Rule(
        "continuum-key",
        "An API key of this service.",
        re.compile(START + r"cm_[A-Za-z0-9_-]{16,128}"),
        ("cm_",),
    ),
    Rule(
        "private-key",
        "A PEM block, also with its line ends escaped, or a key of age.",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\:,]{0,16384}"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?|AGE-SECRET-KEY-1[A-Z0-9]{50,64}"
        ),
        ("private key", "age-secret"),
    ),
    Rule(
        "jwt",
        "A JSON web token, also one in Base64 once more.",
        re.compile(
            START + r"(?:eyJ[A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{5,4096}(?:\.[A-Za-z0-9_-]{0,4096}){1,3}|"
            r"ZXlK[A-Za-z0-9+/_-]{60,4096}|eyJrIjoi[A-Za-z0-9+/_-]{40,512})={0,2}"
        ),
        ("eyj", "zxlk"),
    ),
    Rule(
        "bearer",
        "A bearer or basic credential.",
        # A plain word behind it is prose: "basic authentication".
        re.compile(
            r"(?ai:\b(?:bearer|basic)\s{1,4})(?![A-Z]?[a-z-]{1,40}(?![A-Za-z0-9_~+/=-]|\.[A-Za-z0-9]))"
            r"[A-Za-z0-9._~+/=-]{8,4096}"
        ),
        ("bearer", "basic"),
    ),
    Rule(
        "url-credentials",
        "A user and password in a URL.",
        re.compile(r"(?<=://)[^\s/?#:@\"'<>\[]{0,256}:[^\s/\"'<>]{1,256}@"),
        ("://",),
    ),
    Rule("sentry-dsn", "A Sentry DSN's key.", re.compile(r"(?<=://)[0-9a-f]{32}@"), ("://",)),
    Rule("url-token", "A token in a URL's place for users.", re.compile(r"(?<=://)[\w-]{20,256}@"), ("://",)),
    Rule(
        "webhook",
        "A URL that lets whoever knows it write: of Microsoft Teams, Zapier, Tines.",
        re.compile(
            r"(?:webhook\.office\.com/webhookb2/|hooks\.zapier\.com/hooks/catch/|tines\.com/webhook/)"
            r"[A-Za-z0-9@/_-]{12,512}"
        ),
        ("webhook", "zapier"),
    ),
)

# Between a name and what is given to it: = : := => and their forms in JSON within JSON and in URLs.
_GIVES: Final = r"(?:\\{0,3}[\"'])?\s{0,3}(?:=>|:=|[:=]{1,2}|%3[dD])\s{0,3}(?:\\{0,3}[\"'])?"
_WITH_DIGIT: Final = r"(?=[^\s\"'&;,<>\[\]{}()*0-9]{0,128}\d)[^\s\"'&;,<>\[\]{}()*]{6,512}"

GIVEN: Final[tuple[Rule, ...]] = (
    Rule(
        "secret-assignment",
        "What is given to a name that says it is a password, a token or a key.",
        # Without a digit in it, only what follows a password's name at once is believed to be one.
        re.compile(
            r"(?ai)(?:(?:passw(?:or)?d|passphrase|pwd)(?:\\{0,3}[\"'])?(?:=|:\s?\\{0,3}[\"'])(?:\\{0,3}[\"'])?"
            r"(?!(?:none|null|true|false|str|string|required|password)\b)[^\s\"'&;,<>\[\]{}()*]{4,512}|"
            r"(?:passw(?:or)?d|passphrase|pwd|secret|credentials?|(?:api|app|access|auth|private|account|secret|"
            r"signing|encryption|consumer|master|license|subscription|shared)[_-]?key|token|session_?id)"
            rf"(?:_?(?:key|value|v\d))?{_GIVES}{_WITH_DIGIT}|"
            # The scheme may be any: Token, SSWS, Digest.
            rf"authorization{_GIVES}(?:[a-z][a-z0-9_-]{{1,30}}\s{{1,3}})?{_WITH_DIGIT}|"
            rf"--(?:[a-z]{{1,20}}-){{0,3}}(?:passw(?:or)?d|secret|token|key)[ =][\"']?{_WITH_DIGIT}|"
            # docker run -u 1000:1000 names no secret.
            r"\bcurl\b[^\n]{0,256}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']{0,64}:(?!\d{1,6}\b)[^\s\"']{3,256})"
        ),
        ("pass", "pwd", "secret", "key", "token", "authorization", "session", "credential", "curl"),
        prose=True,
    ),
    Rule(
        "opaque-token",
        "32 or more letters of both cases and digits mixed, 40 with hyphens: no word of a language, so a token.",
        # _Z begins a name that a C++ compiler made.
        re.compile(
            r"(?<![A-Za-z0-9])(?!(?<=_)Z)(?=[A-Za-z0-9]{32})(?=[A-Z0-9]{0,99}[a-z])(?=[a-z0-9]{0,99}[A-Z])"
            r"(?=(?:\d{0,9}[A-Za-z]{1,24}\d){3})[A-Za-z0-9]{32,}+={0,2}|"
            # With the signs of Base64 for URLs, names of many words look like it: so longer, and more digits.
            r"(?<![A-Za-z0-9_-])(?!_{0,2}Z)(?=[A-Za-z0-9_-]{40})(?=[A-Z0-9_-]{0,99}[a-z])(?=[a-z0-9_-]{0,99}[A-Z])"
            r"(?=(?:\d{0,9}[A-Za-z_-]{1,16}\d){5})[A-Za-z0-9_-]{40,}+={0,2}"
        ),
        long=True,
        prose=True,
    ),
)
"""After the vendors' rules, which tell more."""
