#!/usr/bin/env bash
# Tells Sentry about a release: creates it, names its commit, uploads code mappings, finalises it, records the deploy.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: create_release.sh [options] [RELEASE]

RELEASE is what the service reports, such as continuum@0.3.0; it is asked when no release is given, and one
that is given has to be the same. A service that runs from a checkout reports its commit too: run this where the
service is installed as it is deployed, or set CONTINUUM_RELEASE for both. Running it again is safe.

  --environment NAME       where it was deployed; CONTINUUM_ENV, otherwise production
  --repository OWNER/NAME  the repository as Sentry's integration knows it; read from git's remote origin
  --previous COMMIT        the commit of the release before; the newest tag before HEAD
  --no-commits             neither commits nor code mappings: the organisation has no repository integration
  --dry-run                show the commands, run none of them
  -h, --help               this text

Needs SENTRY_AUTH_TOKEN (an organisation token with org:ci), SENTRY_ORG and SENTRY_PROJECT. Organisation, project and
SENTRY_URL may stand in sentry.properties beside this script instead. Names and addresses of authors are never
uploaded: Sentry reads commits from the repository itself. NO_COLOR is honoured.
TEXT
}

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
sentry_cli="${SENTRY_CLI:-sentry-cli}"
continuum="${CONTINUUM_COMMAND:-continuum}"

bold="" red="" reset=""
if [[ -t 2 && -z "${NO_COLOR:-}" && "${TERM:-}" != dumb ]]; then
  bold=$'\033[1m' red=$'\033[31m' reset=$'\033[0m'
fi

say() { printf '%s%s%s\n' "$bold" "$*" "$reset" >&2; }
fail() {
  printf '%serror:%s %s\n' "$red" "$reset" "$1" >&2
  exit "${2:-1}"
}

release="" repository="" previous="" commits=yes dry_run=no
environment="${CONTINUUM_ENV:-production}"
while (($#)); do
  case "$1" in
    --environment | --repository | --previous)
      [[ -n "${2:-}" ]] || fail "$1 needs a value; see --help" 2
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    --no-commits) commits=no && shift ;;
    --dry-run) dry_run=yes && shift ;;
    -h | --help) usage && exit 0 ;;
    -*) fail "unknown option $1; see --help" 2 ;;
    *)
      [[ -z "$release" ]] || fail "more than one release was given; see --help" 2
      release="$1" && shift
      ;;
  esac
done

# --- What has to be there before anything is sent ---

command -v "$sentry_cli" >/dev/null || fail "$sentry_cli is not installed: pip install 'sentry-cli>=3.8,<4', or set SENTRY_CLI"
[[ -n "${SENTRY_AUTH_TOKEN:-}" ]] || fail "SENTRY_AUTH_TOKEN is not set: make an organisation token with the scope org:ci"
if [[ -z "${SENTRY_PROPERTIES:-}" && -f "$here/sentry.properties" ]]; then
  export SENTRY_PROPERTIES="$here/sentry.properties"
fi
# A failure has to be one, and what stands in somebody's .env is not meant for this.
unset SENTRY_ALLOW_FAILURE
export SENTRY_LOAD_DOTENV=0 SENTRY_DISABLE_UPDATE_CHECK=1 SENTRY_NO_PROGRESS_BARS=1

property() {
  [[ -n "${SENTRY_PROPERTIES:-}" && -f "$SENTRY_PROPERTIES" ]] || return 0
  sed -n "s/^[[:space:]]*defaults\.$1[[:space:]]*=[[:space:]]*//p" "$SENTRY_PROPERTIES" | head -n 1
}
export SENTRY_ORG="${SENTRY_ORG:-$(property org)}" SENTRY_PROJECT="${SENTRY_PROJECT:-$(property project)}"
[[ -n "$SENTRY_ORG" && "$SENTRY_ORG" != example-org ]] || fail "SENTRY_ORG is not set: the slug in https://SLUG.sentry.io"
[[ -n "$SENTRY_PROJECT" ]] || fail "SENTRY_PROJECT is not set: the project's slug"
[[ "$environment" =~ ^[A-Za-z0-9._-]{1,64}$ ]] || fail "--environment accepts letters, digits, dots, hyphens, underscores" 2

# --- The release is what the service says of itself ---

command -v "$continuum" >/dev/null || fail "$continuum is not installed here: the release is what the service reports"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
# The DSN leads nowhere: it only makes telemetry say who it would be. Its files stay in the scratch directory.
reported="$(
  OTEL_SDK_DISABLED=false SENTRY_DSN=http://nobody@127.0.0.1:9/0 XDG_DATA_HOME="$scratch" \
    "$continuum" telemetry status --json 2>/dev/null |
    python3 -c 'import json, sys; print(json.load(sys.stdin).get("release") or "")' 2>/dev/null
)" || reported=""
[[ -n "$reported" ]] || fail "the service reports no release: is it installed with its extra monitoring? See $continuum telemetry status"
release="${release:-$reported}"
[[ "$release" == "$reported" ]] ||
  fail "the release is $release, but the service reports $reported; set CONTINUUM_RELEASE for both, or leave it out"
[[ "$release" =~ ^[A-Za-z0-9._+-]+@[A-Za-z0-9._+-]+$ ]] ||
  fail "a release has the form service@version, because releases are one namespace for the whole organisation"

# --- The commit ---

if [[ "$commits" == yes ]]; then
  command -v git >/dev/null || fail "git is not installed; --no-commits does without it"
  head="$(git rev-parse --verify --quiet HEAD)" || fail "this is no git checkout with a commit; --no-commits does without it"
  [[ -z "$(git status --porcelain)" ]] || say "note: the checkout has changes that are in no commit"
  if [[ -z "$repository" ]]; then
    origin="$(git remote get-url origin 2>/dev/null)" || fail "git has no remote origin; name the repository with --repository OWNER/NAME"
    repository="$(sed -E 's#\.git/?$##; s#/$##; s#^.*[/:]([^/:]+/[^/:]+)$#\1#' <<<"$origin")"
  fi
  [[ "$repository" =~ ^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$ ]] || fail "--repository accepts OWNER/NAME" 2
  if [[ -n "$previous" ]]; then
    previous="$(git rev-parse --verify --quiet "$previous^{commit}")" || fail "--previous names no commit of this checkout"
  else
    tag="$(git describe --tags --abbrev=0 'HEAD^' 2>/dev/null)" && previous="$(git rev-parse "$tag^{commit}")"
  fi
fi

# --- What is sent ---

done_so_far="nothing"
run() {
  local what="$1"
  shift
  if [[ "$dry_run" == yes ]]; then
    printf '%q ' "$@" && printf '\n'
    return
  fi
  say "$what"
  "$@" >&2 || fail "stopped at: $what (done: $done_so_far). Running the script again is safe."
  if [[ "$done_so_far" == nothing ]]; then done_so_far="$what"; else done_so_far+=", $what"; fi
}

run "create $release" "$sentry_cli" releases new "$release"
if [[ "$commits" == yes ]]; then
  # --auto and --local would upload the authors' addresses where Sentry has no integration; a name and a hash don't.
  run "set commits" "$sentry_cli" releases set-commits "$release" --commit "$repository@${previous:+$previous..}$head"
  run "upload code mappings" "$sentry_cli" code-mappings upload "$here/code_mappings.json" \
    --repo "$repository" --default-branch "${SENTRY_DEFAULT_BRANCH:-main}"
fi
run "finalise" "$sentry_cli" releases finalize "$release"
run "record the deploy to $environment" "$sentry_cli" deploys new --release "$release" --env "$environment"
[[ "$dry_run" == yes ]] || say "$release is in Sentry, deployed to $environment"
