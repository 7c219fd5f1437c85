"""Keys of vendors that carry messages, payments and goods, told by their form: data, no code."""

from __future__ import annotations

import re
from typing import Final

from telemetry.privacy.rules import START, Rule, hints

_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

SERVICES: Final[tuple[Rule, ...]] = (
    Rule(
        "slack-token",
        "A Slack token or webhook.",
        re.compile(
            r"(?:"
            + START
            + r"(?:xoxe\.)?xox[abcdeoprs]-[A-Za-z0-9-]{10,255}|"
            + START
            + r"xapp-[A-Za-z0-9-]{10,255}|"
            r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,256})"
        ),
        ("xox", "xapp-", "hooks.slack"),
    ),
    Rule(
        "discord-token",
        "A Discord token or webhook.",
        re.compile(
            r"(?:"
            + START
            + r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])|"
            r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{15,21}/[A-Za-z0-9_-]{40,100})"
        ),
        (".",),
        long=True,
    ),
    Rule(
        "telegram-token",
        "A Telegram bot's token.",
        re.compile(r"(?<!\d)\d{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        (":",),
        long=True,
    ),
    Rule(
        "social-token",
        "A token of Facebook or Webex.",
        re.compile(
            START
            + r"(?:EAA[A-Z][A-Za-z0-9]{100,512}|\d{15,16}(?:\||%7C)[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])|"
            rf"[A-Za-z0-9]{{64}}_[A-Za-z0-9]{{4}}_{_UUID})"
        ),
        ("eaa", "|", "%7c", "_"),
        long=True,
    ),
    Rule(
        "stripe-key",
        "A key or webhook secret of Stripe.",
        re.compile(
            START + r"(?:[arsp]k_(?:live|test|prod)_[A-Za-z0-9-]{16,255}|whsec_[A-Za-z0-9+/=]{24,128}|"
            r"(?:pi|seti|cs)_[A-Za-z0-9_]{14,80}_secret_[A-Za-z0-9]{20,80})"
        ),
        ("k_live_", "k_test_", "k_prod_", "whsec_", "_secret_"),
        long=True,
    ),
    Rule(
        "payment-token",
        "A token of another payment service: Square, PayPal, Braintree, Plaid, Razorpay, Flutterwave, GoCardless.",
        re.compile(
            START
            + r"(?:(?:sandbox-)?sq0[a-z]{3}-[A-Za-z0-9_-]{22,64}|EAAA[A-Za-z0-9_-]{60}(?![A-Za-z0-9_-])|"
            r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}|"
            rf"access-(?:sandbox|development|production)-{_UUID}|FLW(?:SEC|PUB)K(?:_TEST)?-[0-9a-z]{{32}}-X|"
            r"rzp_(?:live|test)_[A-Za-z0-9]{14}|live_[A-Za-z0-9_-]{40}(?![A-Za-z0-9_-])|(?:live|"
            r"test)_(?:pub_)?[a-f0-9]{31,35}\b|"
            rf"ramp_(?:id_[A-Za-z0-9]{{40}}|sec_[A-Za-z0-9]{{48}})|rh-api-{_UUID}|"
            rf"sk(?:_test)?_\d{{1,2}}x\d_[0-9a-fA-F]{{64}})"
        ),
        hints("sq0 eaaa access_token$ access- flw rzp_ live_ test_ ramp_ rh-api- sk_"),
        long=True,
    ),
    Rule(
        "mail-key",
        "A key of a sender of mail or messages: SendGrid, Mailgun, Mailchimp, Twilio, Brevo, Klaviyo, Zoho.",
        re.compile(
            START + r"(?:SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}|(?:pub)?key-[0-9a-z]{32}\b|"
            r"[0-9a-f]{32}-us\d{1,2}\b|(?:AC|SK)[0-9a-f]{32}\b|[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}(?![\w-])|"
            r"xkeysib-[A-Za-z0-9_-]{64,96}|pk_(?:[A-Za-z0-9]{6}_)?[0-9a-f]{34}\b|"
            r"1000\.[a-f0-9]{32}\.[a-f0-9]{32})"
        ),
        ("sg.", "key-", "-us", "ac", "sk", "-", "xkeysib-", "pk_", "1000."),
        long=True,
    ),
    Rule(
        "shopify-token",
        "A Shopify token.",
        re.compile(START + r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
        ("shp",),
        long=True,
    ),
    Rule(
        "trade-token",
        "A token of a carrier or of a seller's platform: Shippo, EasyPost, Duffel, Flexport, Salesforce.",
        re.compile(
            START + r"(?:shippo_(?:live|test)_[a-fA-F0-9]{40}|EZ[AT]K[A-Za-z0-9]{54}\b|"
            r"duffel_(?:test|live)_[A-Za-z0-9_=-]{43}|shltm_[A-Za-z0-9_-]{40}|flb_live_[A-Za-z0-9]{20}|"
            r"00[A-Za-z0-9]{13}![A-Za-z0-9_.]{90,110}|(?:3MVG9|5AEP861)[A-Za-z0-9._+/=]{70,255})"
        ),
        ("shippo_", "ezak", "eztk", "duffel_", "shltm_", "flb_", "!", "3mvg9", "5aep861"),
        long=True,
    ),
)
