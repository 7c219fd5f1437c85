# Every target does its own set-up in .venv; Python 3.11+, make and git are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
E2E := .venv-e2e
E2E_STAMP := $(E2E)/.synced

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench eval chaos soak fuzz privacy-report settings sentry-privacy collector test-collector test-e2e clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## create .venv from uv.lock (uv is installed into it when it isn't there)

$(STAMP): pyproject.toml uv.lock
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); uv_command=uv; \
	else \
		$(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'; \
		uv_command=$(BIN)/uv; \
	fi; \
	$$uv_command sync --quiet --locked --inexact
	@touch $@

run: $(STAMP) ## the service and the inspector on loopback, with a command to try for each step
	@$(BIN)/continuum dev

# Three at a time on two processors: many tests wait for processes, and for time to pass.
test: $(STAMP) ## the whole suite, against real processes and sockets
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

test-sentry3: $(STAMP) ## the telemetry part of the suite with the newest pre-release of sentry-sdk 3
	@uv_command=$$(command -v uv || echo $(BIN)/uv); \
	UV_PROJECT_ENVIRONMENT=$(VENV)-sentry3 $$uv_command sync --quiet --locked --inexact \
		--python $(BIN)/python --no-install-package sentry-sdk && \
	$$uv_command pip install --quiet --python $(VENV)-sentry3/bin/python --no-deps --upgrade \
		--prerelease allow 'sentry-sdk>=3.0.0b2,<4'
	@$(VENV)-sentry3/bin/python -m pytest -n 3 --dist loadgroup tests/telemetry tests/wire

check: $(STAMP) ## lint, format, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(STAMP) ## apply the formatter and the safe fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

collector: $(STAMP) ## build the OpenTelemetry collector of deploy/otel from its Go modules
	@$(BIN)/python deploy/otel/build.py

test-collector: collector ## real collectors between real programs; needs Go, takes minutes
	@$(BIN)/python -m pytest -n 0 -m collector tests/deploy --timeout 300

$(E2E_STAMP): tests/e2e/requirements.txt $(STAMP)
	@export PATH="$$PATH:$(CURDIR)/$(BIN)"; \
	uv venv --quiet --allow-existing --python $(PYTHON) $(E2E) && \
	uv pip install --quiet --python $(E2E)/bin/python --requirement tests/e2e/requirements.txt
	@touch $@

test-e2e: $(E2E_STAMP) ## the service against Bugsink, a real server of Sentry's protocol, in .venv-e2e
	@$(BIN)/python -m pytest -n 0 -m e2e tests/e2e

bench: $(STAMP) ## what telemetry costs, as ratios within one run
	@$(BIN)/python benchmarks/gate_cost.py
	@$(BIN)/python benchmarks/request_cost.py

eval: $(STAMP) ## how well recall finds: R@5, R@10, nDCG@10, MRR and latency on the repository's own questions
	@$(BIN)/python benchmarks/evaluation/run.py

chaos: $(STAMP) ## what arrives when processes are ended and backends misbehave
	@timeout 900 $(BIN)/python benchmarks/chaos.py

soak: $(STAMP) ## ten minutes at saturation, and a million spans: does anything grow
	@$(BIN)/python benchmarks/soak.py --minutes 10
	@$(BIN)/python benchmarks/soak.py --spans 1000000

settings: $(STAMP) ## write docs/settings.md and deploy/sentry/.env.example from the code
	@PYTHONPATH=. $(BIN)/python docs/make_settings.py

sentry-privacy: $(STAMP) ## write deploy/sentry/privacy.yaml as the policy gives it
	@$(BIN)/python -m telemetry sentry privacy > deploy/sentry/privacy.yaml

fuzz: $(STAMP) ## 100,000 made-up inputs through the scrubber
	@$(BIN)/python tests/telemetry/privacy/fuzzing.py

privacy-report: $(STAMP) ## what the rules find and what they wrongly take, rule by rule
	@$(BIN)/python -m pytest -q -s tests/telemetry/privacy/test_redacting.py -k secrets_are_found

clean: ## remove .venv and caches
	rm -rf $(VENV) $(VENV)-sentry3 $(E2E) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
