"""What gives a secret or a person away wherever it stands in a text: data, no code.

Each pattern is linear: repeats are bounded and never nested in a way that can be read twice. Order matters:
a rule sees what those before it left. How they are applied stands in redacting.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rule:
    """Why something is removed. ``pattern`` finds it in text or in a key; some rules have no pattern."""

    id: str
    reason: str
    pattern: re.Pattern[str] | None = None
    hints: tuple[str, ...] = ()
    """Lower-case pieces, one of which every match holds: a text without them need not be searched."""
    check: str | None = None
    """The checker in checksums.py that a match has to pass."""
    digits: bool = False
    """Whether every match holds at least six digits: a text with fewer need not be searched."""
    prose: bool = False
    """Only for running text: a label or a host of a known key may look like this and be meant."""


SECRETS: Final[tuple[Rule, ...]] = (
    Rule("continuum-key", "An API key of this service.", re.compile(r"\bcm_[A-Za-z0-9_-]{16,128}"), ("cm_",)),
    Rule(
        "private-key",
        "A PEM block, also with its line ends escaped.",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\:,]{0,16384}"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
        ("private key",),
    ),
    Rule(
        "jwt",
        "A JSON web token.",
        re.compile(r"\beyJ[A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{5,4096}(?:\.[A-Za-z0-9_-]{0,4096}){1,3}"),
        ("eyj",),
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
        "sentry-token", "A Sentry auth token.", re.compile(r"\bsntry[su]_[A-Za-z0-9_+/=]{16,512}"), ("sntry",)
    ),
    Rule(
        "aws-key",
        "An AWS access key id.",
        re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
        ("akia", "asia", "abia", "acca"),
    ),
    Rule(
        "aws-secret",
        "An AWS secret or session token, told by the words in front of it or by its beginning.",
        re.compile(
            r"(?:(?ai:secret[_ -]?(?:access[_ -]?)?key)[\"']?(?:\s{0,3}[:=]{1,2}\s{0,3}|\s{1,3}(?:is\s)?)[\"']?"
            r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])|\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+=]{30,4096})"
        ),
        ("secret", "fwogzxivyxdz", "iqojb3jpz2lu"),
    ),
    Rule(
        "google-key",
        "A key, client secret or access token of Google.",
        re.compile(
            r"\b(?:AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{20,40}|"
            r"ya29\.[A-Za-z0-9_-]{20,2048})"
        ),
        ("aiza", "gocspx-", "ya29."),
    ),
    Rule(
        "azure-key",
        "A key of an Azure connection string, a shared access signature or a client secret.",
        re.compile(
            r"(?:\b(?ai:AccountKey|SharedAccessKey|SharedAccessSignature)=[A-Za-z0-9+/=%&]{20,512}|"
            r"(?ai:[?&;]sig=)[A-Za-z0-9%+/=_-]{20,256}|"
            r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34})"
        ),
        ("accountkey=", "sharedaccess", "sig=", "q~"),
    ),
    Rule(
        "digitalocean-token",
        "A DigitalOcean token.",
        re.compile(r"\bdo[opr]_v1_[a-f0-9]{64}"),
        ("_v1_",),
    ),
    Rule(
        "github-token",
        "A GitHub token.",
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255})"),
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    Rule(
        "gitlab-token",
        "A GitLab token.",
        re.compile(r"\bgl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|agent|imt|oas)-[A-Za-z0-9_.-]{16,128}"),
        ("gl",),
    ),
    Rule(
        "atlassian-token",
        "A Bitbucket or Atlassian token.",
        re.compile(r"\b(?:ATBB[A-Za-z0-9]{24,64}|AT[AC]TT3[A-Za-z0-9_=-]{20,512})"),
        ("atbb", "atatt3", "atctt3"),
    ),
    Rule(
        "slack-token",
        "A Slack token or webhook.",
        re.compile(
            r"(?:\bxox[abcdeoprs]-[A-Za-z0-9-]{10,255}|\bxapp-[A-Za-z0-9-]{10,255}|"
            r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,256})"
        ),
        ("xox", "xapp-", "hooks.slack"),
    ),
    Rule(
        "discord-token",
        "A Discord token or webhook.",
        re.compile(
            r"(?:\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])|"
            r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{15,21}/[A-Za-z0-9_-]{40,100})"
        ),
        (".",),
    ),
    Rule(
        "telegram-token",
        "A Telegram bot's token.",
        re.compile(r"(?<!\d)\d{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        (":",),
    ),
    Rule(
        "stripe-key",
        "A key or webhook secret of Stripe.",
        re.compile(r"\b(?:[rsp]k_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9+/=]{24,128})"),
        ("k_live_", "k_test_", "whsec_"),
    ),
    Rule(
        "payment-token",
        "A token of Square, PayPal or Braintree.",
        re.compile(
            r"(?:\bsq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,64}|\bEAAA[A-Za-z0-9_-]{60}(?![A-Za-z0-9_-])|"
            r"\baccess_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32})"
        ),
        ("sq0", "eaaa", "access_token$"),
    ),
    Rule(
        "ai-key",
        "A key of an AI vendor.",
        re.compile(
            r"\b(?:sk-(?=[A-Za-z_-]{0,255}\d)[A-Za-z0-9_-]{20,255}|hf_[A-Za-z0-9]{30,64}|gsk_[A-Za-z0-9]{40,64}|"
            r"r8_[A-Za-z0-9]{36,40}|pplx-[A-Za-z0-9]{40,64}|xai-[A-Za-z0-9]{60,100})"
        ),
        ("sk-", "hf_", "gsk_", "r8_", "pplx-", "xai-"),
    ),
    Rule(
        "package-token",
        "A token of a package registry.",
        re.compile(
            r"\b(?:npm_[A-Za-z0-9]{36}|pypi-Ag[A-Za-z0-9_-]{40,1024}|dckr_pat_[A-Za-z0-9_-]{20,64}|"
            r"rubygems_[a-f0-9]{48})"
        ),
        ("npm_", "pypi-", "dckr_pat_", "rubygems_"),
    ),
    Rule(
        "mail-key",
        "A key of a sender of mail or messages: SendGrid, Mailgun, Mailchimp, Twilio.",
        re.compile(
            r"\b(?:SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}|key-[0-9a-z]{32}\b|"
            r"[0-9a-f]{32}-us\d{1,2}\b|(?:AC|SK)[0-9a-f]{32}\b)"
        ),
        ("sg.", "key-", "-us", "ac", "sk"),
    ),
    Rule("shopify-token", "A Shopify token.", re.compile(r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"), ("shp",)),
    Rule(
        "platform-token",
        "A token of a platform for developers: Vault, Grafana, Databricks, New Relic, Linear, Figma, Postman.",
        re.compile(
            r"\b(?:hv[sbr]\.[A-Za-z0-9_-]{24,512}|gl(?:sa|c)_[A-Za-z0-9_+/=]{32,512}|dapi[0-9a-f]{32}\b|"
            r"NRAK-[A-Z0-9]{27}|lin_api_[A-Za-z0-9]{32,64}|figd_[A-Za-z0-9_-]{32,64}|"
            r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}|dp\.(?:pt|st|ct)\.[A-Za-z0-9_.-]{32,80})"
        ),
        ("hv", "glsa_", "glc_", "dapi", "nrak-", "lin_api_", "figd_", "pmak-", "dp."),
    ),
    Rule(
        "secret-assignment",
        "What is given to a name that says it is a password, a token or a key.",
        # Without a digit in it, only what follows a password's name at once is believed to be one.
        re.compile(
            r"(?ai)(?:(?:passw(?:or)?d|passphrase|pwd)[\"']?(?:=|:\s?[\"'])[\"']?"
            r"(?!(?:none|null|true|false|str|string|required|password)\b)[^\s\"'&;,<>\[\]{}()*]{4,512}|"
            r"(?:passw(?:or)?d|passphrase|pwd|secret|(?:api|app|access|auth|private|account|secret|signing|"
            r"encryption)[_-]?key|token|authorization|session_?id)[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
            r"(?=[^\s\"'&;,<>\[\]{}()*0-9]{0,128}\d)[^\s\"'&;,<>\[\]{}()*]{6,512})"
        ),
        ("pass", "pwd", "secret", "key", "token", "authorization", "session"),
        prose=True,
    ),
)

PERSONAL: Final[tuple[Rule, ...]] = (
    Rule(
        "email",
        "An e-mail address.",
        # icon@2x.png is a picture for a sharp screen.
        re.compile(
            r"[\w.%+'-]{1,64}(?:@|%40)(?!\dx\.(?:png|jpe?g|webp|gif|svg)\b)(?:[\w-]{1,63}\.){1,8}"
            r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})"
        ),
        ("@", "%40"),
    ),
    Rule(
        "iban",
        "A bank account's number.",
        re.compile(
            r"(?<![\w-])(?:[A-Z]{2}\d{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?|"
            r"(?ai:[A-Z]{2}\d{2}[A-Z0-9]{11,28}))(?![\w-])"
        ),
        check="iban",
        digits=True,
        prose=True,
    ),
    Rule(
        "us-ssn",
        "A US social security number.",
        re.compile(r"(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-]|\.\d)"),
        ("-",),
        digits=True,
        prose=True,
    ),
    Rule(
        "uk-nino",
        "A UK national insurance number.",
        re.compile(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\w-])"),
        digits=True,
        prose=True,
    ),
    Rule(
        "es-id",
        "A Spanish identity number.",
        re.compile(r"(?<![\w.-])[XYZ0-9]\d{7}-?[A-HJ-NP-TV-Z](?![\w-])"),
        check="spanish",
        digits=True,
        prose=True,
    ),
    Rule(
        "fr-id",
        "A French social security number.",
        re.compile(r"(?<![\w.-])[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?![\w-]|\.\d)"),
        check="french",
        digits=True,
        prose=True,
    ),
    Rule(
        "br-id",
        "A Brazilian taxpayer's number.",
        re.compile(r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-]|\.\d)"),
        ("-",),
        check="brazilian",
        digits=True,
        prose=True,
    ),
    Rule(
        "it-id",
        "An Italian fiscal code.",
        re.compile(r"(?ai:\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b)"),
        digits=True,
        prose=True,
    ),
    # After the longer numbers with checksums of their own, which may pass for a card or a phone.
    Rule(
        "card",
        "A payment card's number.",
        re.compile(
            r"(?<![\w.])(?<![0-9a-fA-F]-)(?:[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}|3[47]\d{2}[ -]\d{6}[ -]\d{5}|"
            r"[2-6]\d{12,18})(?![\w-]|\.\d)"
        ),
        check="luhn",
        digits=True,
        prose=True,
    ),
    Rule(
        "phone",
        "A phone number.",
        re.compile(
            r"(?<![\w+.])(?:\+[1-9](?:[ .()/-]{0,2}\d){7,14}|00[1-9]\d{0,2}[ /-](?:[ /-]?\d){6,12}|"
            r"(?:1[ -])?\([2-9]\d{2}\) ?\d{3}[ -]\d{4}|[2-9]\d{2}([-.])[2-9]\d{2}\1\d{4}|"
            r"0\d{2,5}[ /-]\d{5,9}|0\d{3,4} \d{3} ?\d{3,4}|0[1-9](?:[ .]\d{2}){4})(?![\w-]|\.\d)"
        ),
        digits=True,
        prose=True,
    ),
    Rule(
        "ip",
        "A machine's address; loopback stays.",
        re.compile(
            r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)|"
            r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})(?:%\w{1,16})?(?![\w:])"
        ),
        (".", ":"),
        check="address",
        prose=True,
    ),
)

VALUE_RULES: Final = (*SECRETS, *PERSONAL)

ALWAYS_ON: Final = frozenset({"continuum-key"})
"""Rules that nobody can switch off: this key opens a tenant's memories, and telemetry is ours to answer for."""
SWITCHABLE: Final = frozenset(rule.id for rule in VALUE_RULES) - ALWAYS_ON
