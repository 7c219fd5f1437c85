"""Formats of secrets as others describe them: no row was written from the rules, though rules were raised on rows.

A row is a vendor, a format, and where the fact comes from. Values are drawn from the formats at test time with
a fixed seed, so that nothing in this file looks like a secret, and none was ever issued.

A format is its literal text with draws in angle brackets, ``<alphabet:size>`` or ``<alphabet:least-most>``.
"""

from __future__ import annotations

import random
import re
import string
from typing import NamedTuple

SOURCES = {
    "G": "rules that the scanner gitleaks is configured with",
    "T": "detectors of the scanner trufflehog",
    "D": "plugins of the scanner detect-secrets",
    "V": "the vendor's own documentation of its keys",
}

ALNUM = string.ascii_letters + string.digits
ALPHABETS = {
    "an": ALNUM,
    "lo": string.ascii_lowercase + string.digits,
    "up": string.ascii_uppercase + string.digits,
    "let": string.ascii_letters,
    "d": string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "url": ALNUM + "-_",
    "w": ALNUM + "_",
    "b64": ALNUM + "+/",
    "b32": string.ascii_uppercase + "234567",
    # Where the literal text would be taken for a secret itself.
    "space": " ",
    "dash": "-",
    "bech": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}

SHAPED = """
1password          A3-<up:6>-<up:11>-<up:5>-<up:5>-<up:5>                      G
1password          ops_eyJ<b64:250-300>                                        G
adafruit           aio_<an:28>                                                 T
adobe              p8e-<lo:32>                                                 G
age                AGE-SECRET-KEY-1<bech:58>                                   G
airtable           pat<an:14>.<hex:64>                                         G
alibaba            LTAI<an:20>                                                 G T
anthropic          sk-ant-api03-<url:93>AA                                     G T
anthropic          sk-ant-admin01-<url:93>AA                                   G T
apideck            sk_live_<an:93>                                             T
apify              apify_api_<an:36>                                           T
artifactory        AKCp<an:69>                                                 G T
artifactory        cmVmdGtu<an:56>                                             G T
atlassian          ATATT3<url:186>                                             G T
atlassian          ATCTT3xFfG<url:170>=<HEX:8>                                 T
atlassian          BBDC-<b64:44>                                               T
bitbucket          ATBB<an:32>                                                 T
authress           sc_<lo:20>.<lo:4>.acc-<lo:20>.<b64:60>                      G
aws                AKIA<b32:16>                                                G T D
aws                ASIA<b32:16>                                                G T D
aws                A3T<up:1><b32:16>                                           G D
aws                ABSK<b64:132>                                               G
aws                bedrock-api<dash:1>key-YmVkcm9jay5hbWF6b25hd3MuY29t<b64:200>       G
aws                da2-<lo:26>                                                 T
azure              <an:3>8Q~<an:34>                                            G T
azure              AccountKey=<b64:86>==                                       D T
azure              <b64:42>+ACR<an:6>                                          T
azure              <b64:76>+ASt<b64:5>A==                                      V
azure              <b64:76>ACDb<b64:5>Q==                                      V
azure              <url:44>AzFu<url:5>g==                                      V
azure              <an:42>AzSeB<an:5>                                          V
azure              <an:33>AzCaD<an:5>=                                         V
azure              <b64:33>+ASbC<b64:5>=                                       V
azure              <b64:33>AIoTE<b64:5>=                                       V
azure              Endpoint=https://store.azconfig.io;Id=<an:6>;Secret=<b64:43>=  T
bannerbear         bb_pr_<hex:30>                                              T
braintrust         sk-<an:48>                                                  T
buildkite          bkua_<lo:40>                                                T
circleci           CCIPAT_<an:22>_<hex:40>                                     T
clickhouse         4b1d<an:38>                                                 G
clojars            CLOJARS_<lo:60>                                             G
close              api_<an:22>.<an:22>                                         T
cloudflare         v1.0-<hex:24>-<hex:146>                                     G
cloudflare         cfut_<an:40><hex:8>                                         T
cloudflare         cfk_<an:40><hex:8>                                          T
contentful         CFPAT-<url:43>                                              T
databricks         dapi<hex:32>                                                G T
databricks         dapi<hex:32>-2                                              G T
defined-networking dnkey-<url:26>-<url:52>                                     G
deno               ddp_<an:36>                                                 T
dfuse              web_<lo:32>                                                 T
digitalocean       dop_v1_<hex:64>                                             G T
digitalocean       doo_v1_<hex:64>                                             G T
digitalocean       dor_v1_<hex:64>                                             G T
discord            M<an:23>.<url:6>.<url:27>                                   D
discord            https://discord.com/api/webhooks/<d:18>/<an:68>             T
docker             dckr_pat_<url:27>                                           T
docker             dckr_oat_<url:32>                                           T
doppler            dp.pt.<an:43>                                               G T
doppler            dp.st.dev.<an:43>                                           T
doppler            dp.ct.<an:40>                                               T
doppler            dp.scim.<an:43>                                             T
doppler            dp.audit.<an:43>                                            T
dropbox            sl.<url:135>                                                G T
dropbox            sl.u.<url:140>                                              T
duffel             duffel_test_<url:43>                                        G T
duffel             duffel_live_<url:43>                                        G T
dynatrace          dt0c01.<up:24>.<up:64>                                      G
easypost           EZAK<an:54>                                                 G
easypost           EZTK<an:54>                                                 G
elevenlabs         sk_<hex:48>                                                 T
endorlabs          endr+<an:16>                                                T
facebook           EAAM<an:120>                                                G
facebook           <d:15>|<url:27>                                             G
figma              figd_<url:40>                                               T
figma              figp_<url:42>                                               T
finage             API_KEY<up:32>                                              T
fleetbase          flb_live_<an:20>                                            T
flexport           shltm_<url:40>                                              T
flutterwave        FLWSECK-<lo:32>-X                                           T
flutterwave        FLWSECK_TEST-<hex:32>-X                                     G
flutterwave        FLWPUBK_TEST-<hex:32>-X                                     G
fly                fo1_<w:43>                                                  G
fly                fm2_<b64:120>                                               G
fly                FlyV1 fm2_<b64:500>                                         T
frameio            fio-u-<url:64>                                              G T
fullstory          na1.<b64:100>                                               T
github             ghp_<an:36>                                                 G T D
github             gho_<an:36>                                                 G T D
github             ghu_<an:36>                                                 G T D
github             ghs_<an:36>                                                 G T D
github             ghr_<an:36>                                                 G T D
github             github_pat_<an:22>_<an:59>                                  G T
gitlab             glpat-<url:20>                                              G T D
gitlab             glpat-<url:40>.<lo:2><lo:7>                                 G
gitlab             glptt-<hex:40>                                              G D
gitlab             gldt-<url:20>                                               G D
gitlab             glrt-t1_<url:27>.<lo:9>                                     G
gitlab             glcbt-<an:2>_<url:20>                                       G D
gitlab             glft-<url:20>                                               G D
gitlab             glffct-<url:20>                                             G
gitlab             glimt-<url:25>                                              G D
gitlab             glagent-<url:50>                                            G D
gitlab             gloas-<hex:64>                                              G T D
gitlab             glsoat-<url:20>                                             G D
gitlab             GR1348941<url:20>                                           G D
gitlab             _gitlab_session=<lo:32>                                     G
gocardless         live_<url:40>                                               G T
google             AIza<url:35>                                                G
google             AIzaSy<url:33>                                              T
google             ya29.<url:60>                                               T
google             GOCSPX-<url:28>                                             V
grafana            eyJrIjoi<an:90>                                             G
grafana            glc_eyJ<b64:100>                                            G T
grafana            glsa_<an:32>_<HEX:8>                                        G T
groq               gsk_<an:52>                                                 T
harness            pat.<url:22>.<hex:24>.<an:20>                               G T
harness            sat.<url:22>.<an:24>.<an:20>                                G
hashicorp          <an:14>.atlasv1.<url:67>                                    G T
hashicorp          hvs.<url:95>                                                G T
hashicorp          hvb.<url:150>                                               G T
hashicorp          s.<an:24>                                                   G T
heroku             HRKU-AA<url:58>                                             G T
hubspot            pat-na1-<uuid:1>            T
huggingface        hf_<let:34>                                                 G T
huggingface        api_org_<let:34>                                            G T
infracost          ico-<an:32>                                                 G
intra42            s-s4t2ud-<hex:64>                                           G T
jwt                eyJhbGciOi<url:30>.eyJ<url:80>.<url:43>                     G T D
jwt                ZXlKaGJHY2lPaU<an:200>                                      G
klaviyo            pk_<hex:34>                                                 T
langfuse           sk-lf-<uuid:1>              T
langsmith          lsv2_pt_<hex:32>_<hex:10>                                   T
langsmith          lsv2_sk_<hex:32>_<hex:10>                                   T
launchdarkly       sdk-<lo:8>-<lo:4>-4<lo:3>-<lo:4>-<lo:12>                    T
launchdarkly       api-<lo:8>-<lo:4>-4<lo:3>-<lo:4>-<lo:12>                    T
linear             lin_api_<an:40>                                             G T
lob                live_<hex:35>                                               G T
lob                test_pub_<hex:31>                                           G
locationiq         pk.<hex:32>                                                 T
mailchimp          <hex:32>-us12                                               G T D
mailgun            key-<hex:32>                                                G T
mailgun            pubkey-<hex:32>                                             G
mailgun            <hex:32>-<hex:8>-<hex:8>                                    G T
mapbox             pk.<an:60>.<an:22>                                          G
mapbox             sk.<an:80>.<an:22>                                          T
maxmind            <an:6>_<an:29>_mmk                                          G T
microsoft-teams    https://t.webhook.office.com/webhookb2/<uuid:1>@<uuid:1>/IncomingWebhook/<hex:32>/<uuid:1>  G T
netlify            nfp_<an:36>                                                 T
newrelic           NRAK-<up:27>                                                G T
newrelic           NRJS-<hex:19>                                               G
newrelic           NRBR-<hex:19>                                               T
newrelic           NRII-<url:32>                                               G T
newrelic           NRIQ-<url:25>                                               T
newrelic           <hex:32>FFFFNRAL                                            T
newrelic           eu01xx<hex:26>FFFFNRAL                                      T
newrelic           AA<hex:40>-NRMA                                             T
nightfall          NF-<an:32>                                                  T
notion             ntn_<d:11><an:35>                                           G
notion             secret_<an:43>                                              T
npm                npm_<an:36>                                                 G T D
nvidia             nvapi-<url:64>                                              T
nuget              oy2<lo:43>                                                  V
octopus            API-<up:26>                                                 G T
openai             sk-<an:20>T3BlbkFJ<an:20>                                   G T D
openai             sk-proj-<url:74>T3BlbkFJ<url:74>                            G T
openai             sk-svcacct-<url:58>T3BlbkFJ<url:58>                         G T
openai             sk-admin-<url:58>T3BlbkFJ<url:58>                           G T
openrouter         sk-or-v1-<hex:64>                                           T
openshift          sha256~<url:43>                                             G
pagarme            ak_live_<an:30>                                             T
paystack           sk_live_<an:40>                                             T
perplexity         pplx-<an:48>                                                G
pganalyze          pgar_<an:27>                                                T
pinecone           pcsk_<an:5>_<an:63>                                         T
plaid              access-sandbox-<uuid:1>     G T
plaid              access-production-<uuid:1>  G T
planetscale        pscale_tkn_<w:43>                                           G T
planetscale        pscale_pw_<w:43>                                            G T
planetscale        pscale_oauth_<w:43>                                         G
portainer          ptr_<b64:44>                                                T
posthog            phx_<an:43>                                                 T
postman            PMAK-<hex:24>-<hex:34>                                      G T
prefect            pnu_<an:36>                                                 G T
private-key        -----BEGIN PRIVATE<space:1>KEY-----<b64:64>-----END PRIVATE<space:1>KEY-----  G T D
private-key        -----BEGIN EC PRIVATE<space:1>KEY-----\\n<b64:64>\\n-----END EC PRIVATE<space:1>KEY-----  G T D
private-key        -----BEGIN PGP PRIVATE<space:1>KEY BLOCK-----\\n\\n<b64:64>\\n-----END PGP  G T D
pubnub             pub-c-<uuid:1>              T
pubnub             sub-c-<uuid:1>              T
pulumi             pul-<hex:40>                                                G T
pypi               pypi-AgEIcHlwaS5vcmc<url:150>                               G T D
pypi               pypi-AgENdGVzdC5weXBpLm9yZw<url:100>                        D
ramp               ramp_id_<an:40>                                             T
ramp               ramp_sec_<an:48>                                            T
razorpay           rzp_live_<an:14>                                            T
readme             rdme_<lo:70>                                                G T
recharge           sk_1x1_<hex:64>                                             T
recharge           sk_test_2x3_<hex:64>                                        T
replicate          r8_<an:37>                                                  T
robinhood          rh-api-<uuid:1>             T
rootly             rootly_<hex:64>                                             T
rubygems           rubygems_<hex:48>                                           G T
saladcloud         salad_cloud_<an:5>_<an:60>                                  T
salesforce         00<an:13>!<w:96>                                            T
salesforce         3MVG9<w:85>                                                 T
salesforce         5AEP861<w:85>                                               T
scalingo           tk-us-<url:48>                                              G
sendgrid           SG.<url:22>.<url:43>                                        G T
sendinblue         xkeysib-<hex:64>-<an:16>                                    G T
sentry             sntrys_eyJ<b64:150>_<b64:43>                                G T
sentry             sntryu_<hex:64>                                             G T
settlemint         sm_aat_<an:16>                                              G
settlemint         sm_pat_<an:16>                                              G
settlemint         sm_sat_<an:16>                                              G
shippo             shippo_live_<hex:40>                                        G T
shopify            shpat_<hex:32>                                              G T
shopify            shpca_<hex:32>                                              G
shopify            shppa_<hex:32>                                              G T
shopify            shpss_<hex:32>                                              G T
slack              xoxb-<d:12>-<d:12>-<an:24>                                  G T
slack              xoxp-<d:12>-<d:12>-<d:12>-<hex:32>                          G T
slack              xoxe.xoxp-1-<up:164>                                        G
slack              xoxe-1-<up:146>                                             G
slack              xapp-1-A<up:10>-<d:13>-<hex:64>                             G
slack              xoxa-2-<an:24>                                              G T
slack              https://hooks.slack.com/services/T<up:10>/B<up:10>/<an:24>  G T
slack              https://hooks.slack.com/workflows/T<up:10>/A<up:10>/<d:18>/<an:24>  G T
sonar              squ_<hex:40>                                                G
sonar              sqp_<hex:40>                                                G
sonar              sqco_<an:59>                                                T
sourcegraph        sgp_<hex:16>_<hex:40>                                       G T
sourcegraph        sgp_local_<hex:40>                                          G T
sourcegraph        slk_<hex:64>                                                T
spectral           spu-<lo:32>                                                 T
square             EAAA<url:60>                                                G
square             sq0atp-<url:22>                                             G
square             sq0csp-<url:43>                                             T
square             sandbox-sq0csb-<url:43>                                     T
stripe             sk_live_<an:24>                                             G T
stripe             rk_live_<an:99>                                             G T
stripe             sk_prod_<an:24>                                             G
stripe             pi_<an:24>_secret_<an:25>                                   T
supabase           sbp_<hex:40>                                                T
tableau            <b64:22>==:<an:32>                                          T
tailscale          tskey-api-<an:12>-<an:32>                                   T
tailscale          tskey-auth-<an:12>CNTRL-<an:32>                             T
telegram           <d:10>:AA<url:33>                                           G
tines              https://team.tines.com/webhook/<hex:32>/<hex:32>            T
trufflehog         thog-secret-<hex:32>                                        T
twilio             AC<hex:32>                                                  T
twilio             SK<hex:32>                                                  G T
typeform           tfp_<an:44>_<an:14>                                         G T
ubidots            BBFF-<an:30>                                                T
url                postgres://app:<an:20>@db.internal/app                      T
url                mongodb+srv://app:<an:16>@cluster.example.net/db            T
url                redis://:<an:24>@cache.internal:6379/0                      T
url                amqps://app:<an:16>@queue.internal/                         T
url                https://<an:8>:<an:20>@proxy.internal/                      T D
url                https://svc:<hex:64>@svc.cloudant.com                       D
voiceflow          VF.DM.<hex:24>.<an:16>                                      T
webex              <an:64>_<an:4>_<uuid:1>     T
xai                xai-<an:80>                                                 T
yandex             t1.<url:40>.<url:86>                                        G
yandex             AQVN<url:36>                                                G
yandex             YC<url:38>                                                  G
zapier             https://hooks.zapier.com/hooks/catch/<d:7>/<lo:8>           T
zoho               1000.<hex:32>.<hex:32>                                      T
"""
"""Formats that can be told by themselves, wherever they stand."""

UNSHAPED = """
algolia        <lo:32>                    G
asana          <lo:32>                    G
bittrex        <lo:32>                    G
codecov        <lo:32>                    G
cohere         <an:40>                    G
confluent      <lo:64>                    G
datadog        <lo:40>                    G
datadog        <hex:32>                   T
droneci        <lo:32>                    G
dropbox        <lo:15>                    G
etsy           <lo:24>                    G
fastly         <url:32>                   G
finnhub        <lo:20>                    G
freshbooks     <lo:64>                    G
heroku         <uuid:1>  G
kraken         <b64:86>==                 G
looker         <lo:24>                    G
mattermost     <lo:26>                    G
meraki         <hex:40>                   G
netlify        <url:43>                   G
okta           00<url:40>                 G T
plaid          <lo:30>                    G
rapidapi       <url:50>                   G
sentry         <hex:64>                   G
snyk           <uuid:1>  G
sumologic      <an:64>                    G
trello         <an:64>                    T
twitch         <lo:30>                    G
twitter        <an:50>                    G
zendesk        <lo:40>                    G
"""
"""Formats that many harmless ids share: only what stands around them tells."""

AROUND = {
    "bare": "{}",
    "log line": "2026-11-23 21:15:30,004 WARNING worker-3 gave up on {} after 3 tries",
    "url": "GET https://api.example.test/v1/items?limit=20&ref={}&page=2 400",
    "json": '{{"id": 17, "value": "{}", "ok": false}}',
    "escaped json": '{{\\"id\\": 17, \\"value\\": \\"{}\\"}}',
    "header": "x-forwarded-thing: {}",
    "environment": "SETTING_17={}",
    "error message": "ValueError: unexpected value '{}' in row 17",
    "after an escape": "first line\\n{}\\nthird line",
    "encoded url": "next=%2Fitems%3Fref%3D{}%26page%3D2",
}
"""Surroundings that say nothing of what stands in them."""

TELLING = {
    "environment": "{upper}_API_KEY={value}",
    "export": 'export {upper}_SECRET="{value}"',
    "json": '{{"{lower}_token": "{value}", "ok": true}}',
    "escaped json": '{{\\"clientSecret\\": \\"{value}\\"}}',
    "camel case": "{lower}: {{apiKey: '{value}'}}",
    "yaml": "{lower}-access-token: {value}",
    "python": "{lower}_password = '{value}'",
    "hash": '"secret_key" => "{value}"',
    "url": "GET https://api.example.test/v1/items?api_key={value}&page=2 400",
    "encoded url": "next=%2Fitems%3Faccess_token%3D{value}",
    "header": "X-Api-Key: {value}",
    "bearer": "Authorization: Bearer {value}",
    "token": "authorization: Token {value}",
    "own scheme": "Authorization: SSWS {value}",
    "basic": "curl -u deploy:{value} https://api.example.test/",
    "flag": "deploy --token {value} --region north",
    "connection": "jdbc:mysql://db.internal/app?user=app&password={value}",
}
"""Surroundings that say what stands in them."""

_UUID = "<hex:8>-<hex:4>-<hex:4>-<hex:4>-<hex:12>"
_DRAW = re.compile(r"<(\w+):(\d+)(?:-(\d+))?>")


class Drawn(NamedTuple):
    """A line with a value in it. ``parts`` are what was drawn: nothing of these may stay."""

    vendor: str
    place: str
    line: str
    parts: tuple[str, ...]


def rows(table: str) -> list[tuple[str, str, str]]:
    """Vendor, format and sources of each row of a table."""
    found = []
    for row in table.strip().splitlines():
        vendor, rest = row.split(None, 1)
        *_, sources = re.split(r" {2,}", rest.strip())
        found.append((vendor, rest.strip()[: -len(sources)].strip(), sources))
    return found


def draw(shape: str, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A value of a format, and its drawn parts."""
    parts: list[str] = []

    def part(found: re.Match[str]) -> str:
        if found[1] == "uuid":
            return _DRAW.sub(part, _UUID)
        alphabet = ALPHABETS[found[1]]
        text = "".join(rng.choices(alphabet, k=rng.randint(int(found[2]), int(found[3] or found[2]))))
        # What is issued holds letters and digits: a word of eight letters by chance is no example.
        if len(text) > 1 and alphabet != string.ascii_letters:
            digit = rng.choice([character for character in alphabet if character.isdigit()])
            text = text[: len(text) // 2] + digit + text[len(text) // 2 + 1 :]
        parts.append(text)
        return text

    return _DRAW.sub(part, shape), tuple(parts)


def shaped(seed: int = 3) -> list[Drawn]:
    """Every shaped format in every neutral surrounding."""
    rng = random.Random(seed)
    found = []
    for vendor, shape, _ in rows(SHAPED):
        for place, line in AROUND.items():
            value, parts = draw(shape, rng)
            found.append(Drawn(vendor, place, line.format(value), parts))
    return found


def unshaped(seed: int = 3) -> list[Drawn]:
    """Every format without a shape in every surrounding that tells."""
    rng = random.Random(seed)
    found = []
    for vendor, shape, _ in rows(UNSHAPED):
        for place, line in TELLING.items():
            value, parts = draw(shape, rng)
            shown = line.format(upper=vendor.upper(), lower=vendor, value=value)
            found.append(Drawn(vendor, place, shown, parts))
    return found


def alone(seed: int = 3) -> list[Drawn]:
    """Every format without a shape in every surrounding that says nothing."""
    rng = random.Random(seed)
    found = []
    for vendor, shape, _ in rows(UNSHAPED):
        for place, line in AROUND.items():
            value, parts = draw(shape, rng)
            found.append(Drawn(vendor, place, line.format(value), parts))
    return found


def leaks(drawn: Drawn, clean: str) -> bool:
    """Whether eight characters in a row of something drawn, or all of a shorter part, are still there."""
    return any(
        part[start : start + 8] in clean
        for part in drawn.parts
        if len(part) >= 8
        for start in range(len(part) - 7)
    )
