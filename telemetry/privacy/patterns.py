"""What gives a secret or a person away wherever it stands in a text: data, no code.

Each pattern is linear: repeats are bounded and never nested in a way that can be read twice. Order matters:
a rule sees what those before it left. How they are applied stands in redacting.py.
"""

from __future__ import annotations

import re
from typing import Final

from telemetry.privacy.credentials import FORMS, GIVEN
from telemetry.privacy.rules import Rule
from telemetry.privacy.vendors_platforms import PLATFORMS
from telemetry.privacy.vendors_services import SERVICES

SECRETS: Final = (*FORMS, *PLATFORMS, *SERVICES, *GIVEN)

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
