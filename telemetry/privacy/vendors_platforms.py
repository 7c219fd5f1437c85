"""Keys of vendors that run, build, watch and store programs, told by their form: data, no code."""

from __future__ import annotations

import re
from typing import Final

from telemetry.privacy.rules import BASE64_START, START, Rule, hints

_UUID: Final = r"[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}"

PLATFORMS: Final[tuple[Rule, ...]] = (
    Rule(
        "sentry-token",
        "A Sentry auth token.",
        re.compile(START + r"sntry[su]_[A-Za-z0-9_+/=]{16,512}"),
        ("sntry",),
        long=True,
    ),
    Rule(
        "aws-key",
        "An access key id or another key of AWS that its form tells.",
        re.compile(
            START + r"(?:(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b|ABSK[A-Za-z0-9+/]{80,300}={0,2}|"
            r"bedrock-api-key-[A-Za-z0-9+/=_-]{20,4096}|da2-[a-z0-9]{26}\b)"
        ),
        ("akia", "asia", "abia", "acca", "a3t", "absk", "bedrock-api-key-", "da2-"),
        long=True,
    ),
    Rule(
        "aws-secret",
        "An AWS secret or session token, told by the words in front of it or by its beginning.",
        re.compile(
            r"(?:(?ai:secret[_ -]?(?:access[_ -]?)?key)[\"']?(?:\s{0,3}[:=]{1,2}\s{0,3}|\s{1,3}(?:is\s)?)[\"']?"
            r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])|\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+=]{30,4096})"
        ),
        ("secret", "fwogzxivyxdz", "iqojb3jpz2lu"),
        long=True,
    ),
    Rule(
        "google-key",
        "A key, client secret or access token of Google.",
        re.compile(
            START + r"(?:AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{20,40}|"
            r"ya29\.[A-Za-z0-9_-]{20,2048})"
        ),
        ("aiza", "gocspx-", "ya29."),
        long=True,
    ),
    Rule(
        "azure-key",
        "A key of an Azure connection string, a shared access signature, a client secret, or a key with a mark.",
        re.compile(
            r"(?:\b(?ai:AccountKey|SharedAccessKey|SharedAccessSignature)=[A-Za-z0-9+/=%&]{20,512}|"
            r"(?ai:[?&;]sig=)[A-Za-z0-9%+/=_-]{20,256}|"
            r"(?ai:azconfig\.io;Id=)[A-Za-z0-9+/=_-]{1,64};(?ai:Secret=)[A-Za-z0-9+/=]{20,128}|"
            r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}|"
            # Marks at a fixed place: storage, databases, functions, search, caches, buses, pipelines.
            + BASE64_START
            + r"(?:[A-Za-z0-9+/]{76}(?:APIM|ACDb|\+ABa|\+AMC|\+ASt)[A-Za-z0-9+/]{6}==|"
            r"[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{6}==|[A-Za-z0-9]{42}AzSe[A-Za-z0-9]{6}|"
            r"[A-Za-z0-9+/]{33}(?:AzCa|AIoT|\+A(?:Sb|Eh|Rm))[A-Za-z0-9+/]{6}=|"
            r"[A-Za-z0-9+/]{42}\+ACR[A-Za-z0-9+/]{6}|"
            r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[A-Za-z0-9_-]{52}JQQJ9[A-Za-z0-9_-]{27,40}))"
        ),
        hints("accountkey= sharedaccess sig= azconfig q~ apim acdb +a azfu azse azca aiot azdo jqqj9"),
    ),
    Rule(
        "digitalocean-token",
        "A DigitalOcean token.",
        re.compile(START + r"do[opr]_v1_[a-f0-9]{64}"),
        ("_v1_",),
        long=True,
    ),
    Rule(
        "cloud-key",
        "A key of another cloud: Alibaba, Cloudflare, Deno, Fly, Heroku, Netlify, Scalingo, Tailscale, Yandex.",
        re.compile(
            START + r"(?:LTAI[A-Za-z0-9]{17,24}\b|v1\.0-[A-Za-z0-9]{24}-[A-Za-z0-9-]{140,150}|cf(?:[ua]t|"
            r"k)_[A-Za-z0-9]{48}|"
            r"dd[pw]_[A-Za-z0-9]{36}\b|fo1_[\w-]{43}|fm[12][ar]?_[A-Za-z0-9+/=,_-]{100,1024}|"
            r"HRKU-AA[A-Za-z0-9_-]{58}|"
            r"nfp_[A-Za-z0-9_]{36}|tk-us-[\w-]{48}|tskey-[a-z]{1,12}-[A-Za-z0-9_]{8,64}-[A-Za-z0-9_]{16,64}|"
            r"dnkey-[A-Za-z0-9=_-]{26}-[A-Za-z0-9=_-]{52}|"
            r"t1\.[A-Za-z0-9_-]{8,400}={0,2}\.[A-Za-z0-9_-]{86}={0,2}|"
            r"AQVN[A-Za-z0-9_-]{35,38}(?![A-Za-z0-9_-])|YC[A-Za-z0-9_-]{38}(?![A-Za-z0-9_-]))"
        ),
        hints(
            "ltai v1.0- cfut_ cfat_ cfk_ ddp_ ddw_ fo1_ fm1 fm2_ hrku- nfp_ tk-us- tskey- dnkey- t1. aqvn yc"
        ),
        long=True,
    ),
    Rule(
        "github-token",
        "A GitHub token.",
        re.compile(START + r"(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255})"),
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        long=True,
    ),
    Rule(
        "gitlab-token",
        "A GitLab token.",
        re.compile(
            START + r"(?:gl(?:pat|dt|rt|rtr|cbt|ptt|ft|ffct|soat|agent|imt|oas)-[A-Za-z0-9_.-]{16,512}|"
            r"GR1348941[\w-]{20,50}|"
            r"_gitlab_session=[0-9a-z]{32})"
        ),
        ("gl", "gr1348941", "_gitlab_"),
        long=True,
    ),
    Rule(
        "atlassian-token",
        "A Bitbucket or Atlassian token.",
        re.compile(
            START
            + r"(?:ATBB[A-Za-z0-9]{24,64}|AT[AC]TT3[A-Za-z0-9+/_=-]{20,512}|BBDC-[A-Za-z0-9+/@_-]{40,50})"
        ),
        ("atbb", "atatt3", "atctt3", "bbdc-"),
        long=True,
    ),
    Rule(
        "package-token",
        "A token of a package registry.",
        re.compile(
            START
            + r"(?:npm_[A-Za-z0-9]{36}|pypi-Ag[A-Za-z0-9_-]{40,1024}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,64}|"
            r"rubygems_[a-f0-9]{48}|(?ai:clojars_[a-z0-9]{60})|oy2[a-z0-9]{43}\b|AKCp[A-Za-z0-9]{60,80}|"
            r"cmVmd[A-Za-z0-9]{55,64})"
        ),
        ("npm_", "pypi-", "dckr_", "rubygems_", "clojars_", "oy2", "akcp", "cmvmd"),
        long=True,
    ),
    Rule(
        "ai-key",
        "A key of an AI vendor.",
        re.compile(
            START + r"(?:sk-(?=[A-Za-z_-]{0,255}\d)[A-Za-z0-9_-]{20,255}|(?:hf|api_org)_[A-Za-z0-9]{30,64}|"
            r"gsk_[A-Za-z0-9]{40,64}|"
            r"r8_[A-Za-z0-9_-]{36,40}|pplx-[A-Za-z0-9]{40,64}|xai-[A-Za-z0-9_]{60,100}|sk_[a-f0-9]{48}\b|"
            r"nvapi-[A-Za-z0-9_-]{60,80}|lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}|VF\.(?:(?:DM|"
            r"WS)\.)?[a-fA-F0-9]{24}\.[A-Za-z0-9]{16}|"
            r"salad_cloud_[A-Za-z0-9]{1,7}_[A-Za-z0-9]{7,235}|pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{60,66})"
        ),
        hints("sk- hf_ api_org_ gsk_ r8_ pplx- xai- sk_ nvapi- lsv2_ vf. salad_cloud_ pcsk_"),
        long=True,
    ),
    Rule(
        "build-token",
        "A token of what builds, checks or rolls out programs: CircleCI, Buildkite, Pulumi, Terraform, Sonar.",
        re.compile(
            START + r"(?:CCIPAT_[A-Za-z0-9]{22}_[a-fA-F0-9]{40}|bkua_[a-z0-9]{40}|pul-[a-z0-9]{40}\b|"
            r"pnu_[A-Za-z0-9]{36}|"
            r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}|sq[upa]_[a-f0-9]{40}|sqco_[A-Za-z0-9]{59}|"
            r"sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}|slk_[a-f0-9]{64}|spu-[a-z0-9]{32}\b|"
            r"API-[A-Z0-9]{26,34}\b|[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}|"
            r"ico-[A-Za-z0-9]{32}\b|"
            rf"(?:sdk|api)-{_UUID}|endr\+[A-Za-z0-9-]{{16}}|sm_[aps]at_[A-Za-z0-9]{{16}}|s-s4t2(?:ud|"
            rf"af)-[a-f0-9]{{64}}|"
            r"thog-(?:key|secret)-[0-9a-f]{16,32}|NF-[A-Za-z0-9]{32}\b|ptr_[A-Za-z0-9/_+=-]{20,60})"
        ),
        hints(
            "ccipat_ bkua_ pul- pnu_ .atlasv1. sq sgp_ slk_ spu- api- at. ico- sdk- endr+ sm_ "
            "s-s4t2 thog- nf- ptr_"
        ),
        long=True,
    ),
    Rule(
        "monitoring-key",
        "A key of what watches programs: New Relic, Dynatrace, Grafana, PostHog, Rootly, pganalyze, FullStory.",
        re.compile(
            START + r"(?:NR(?:AK|JS|BR|II|IQ)-[A-Za-z0-9_-]{19,64}|(?:eu01xx)?[0-9a-f]{26,32}FFFFNRAL|(?:AA|"
            r"eu01xx)[0-9a-f]{36,40}-NRMA|"
            r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}|gl(?:sa|c)_[A-Za-z0-9_+/=]{32,512}|"
            r"phx_[A-Za-z0-9_]{32,64}|"
            r"rootly_[a-f0-9]{64}|pgar_[A-Za-z0-9]{27}\b|na1\.[A-Za-z0-9+/]{100})"
        ),
        hints("nrak- nrjs- nrbr- nrii- nriq- ffffnral -nrma dt0 glsa_ glc_ phx_ rootly_ pgar_ na1."),
        long=True,
    ),
    Rule(
        "database-token",
        "A key of a database as a service: PlanetScale, Supabase, ClickHouse, Airtable, Contentful, Notion.",
        re.compile(
            START
            + r"(?:pscale_(?:tkn|pw|oauth)_[\w=.-]{32,64}|sb(?:p_[a-z0-9]{40}|_secret_[A-Za-z0-9_-]{20,64})|"
            r"4b1d[A-Za-z0-9]{38}\b|"
            r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}|CFPAT-[A-Za-z0-9_-]{43}|secret_[A-Za-z0-9]{43}\b|"
            r"ntn_\d{8,11}[A-Za-z0-9]{32,40})"
        ),
        ("pscale_", "sbp_", "sb_secret_", "4b1d", "pat", "cfpat-", "secret_", "ntn_"),
        long=True,
    ),
    Rule(
        "platform-token",
        "A token of another platform for developers: Vault, OpenShift, Databricks, Doppler, Linear, Figma.",
        re.compile(
            START
            + r"(?:hv[sbr]\.[A-Za-z0-9_-]{24,512}|s\.(?=[A-Za-z]{0,24}\d)[A-Za-z0-9]{24}(?![A-Za-z0-9.])|"
            r"sha256~[\w-]{43}|"
            r"dapi[0-9a-f]{32}\b(?:-\d)?|dp\.(?:[pcs]t|sa|scim|"
            r"audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{32,80}|"
            r"lin_api_[A-Za-z0-9]{32,64}|fig[dpou]_[A-Za-z0-9_=-]{32,64}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|"
            r"aio_[A-Za-z0-9]{28}\b|"
            r"p8e-[a-z0-9]{32}\b|apify_api_[A-Za-z0-9-]{36}|bb_(?:pr|ma)_[a-f0-9]{30}|"
            r"api_[A-Za-z0-9]{20,24}\.[A-Za-z0-9]{20,24}|"
            r"web_[0-9a-z]{32}\b|sl\.(?:u\.)?[A-Za-z0-9_=-]{100,2048}|API_KEY[0-9A-Z]{32}|"
            r"fio-u-[A-Za-z0-9_=-]{64}|"
            rf"pat-(?:na|eu)\d-{_UUID}|[ps]k\.[A-Za-z0-9]{{32,120}}(?:\.[A-Za-z0-9_-]{{16,64}})?|"
            rf"[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}}_mmk|"
            rf"(?:[ps]ub|sec)-c-{_UUID}|rdme_[a-z0-9]{{70}}|BBFF-[A-Za-z0-9]{{30}}\b|"
            rf"tfp_[A-Za-z0-9_.=-]{{40,64}}|"
            r"A3-[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,6}|ops_eyJ[A-Za-z0-9+/=]{100,1024}|"
            r"[A-Za-z0-9+/]{22}==:[A-Za-z0-9]{32}\b|"
            r"(?:sc|ext|scauth|"
            r"authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120})"
        ),
        hints(
            "hv s. sha256~ dapi dp. lin_api_ fig pmak- aio_ p8e- apify_ bb_ api_ web_ sl. fio-u- "
            "pat- pk. sk. _mmk ub-c- sec-c- rdme_ bbff- tfp_ a3- ops_eyj ==: .acc"
        ),
        long=True,
    ),
)
