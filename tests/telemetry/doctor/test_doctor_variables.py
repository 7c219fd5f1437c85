from __future__ import annotations

from telemetry.doctor import variables

DSN = "http://abc123@127.0.0.1:9/7"


def test_each_value_that_cannot_be_used_is_a_problem_that_names_the_accepted_form(subject, by_id):
    found = by_id(
        variables.examine(
            subject(
                OTEL_CONFIG_FILE="/etc/otel.yaml",
                OTEL_EXPORTER_OTLP_PROTOCOL="http/json",
                OTEL_PROPAGATORS="no-such-one",
                OTEL_TRACES_EXPORTER="console",
                SENTRY_TRACES_SAMPLE_RATE="often",
            )
        )
    )
    assert {finding.state for finding in found.values()} == {"problem"}
    assert found["setting.OTEL_CONFIG_FILE"].do.startswith("Remove it")
    assert "http/json isn't spoken" in found["setting.OTEL_EXPORTER_OTLP_PROTOCOL"].do
    assert "installed propagators" in found["setting.OTEL_PROPAGATORS"].do
    assert found["setting.OTEL_TRACES_EXPORTER"].do.startswith("Set it to otlp or none")
    assert found["setting.SENTRY_TRACES_SAMPLE_RATE"].do == "Set it to a number from 0 to 1, or remove it."


def test_two_samplers_are_noted_with_the_one_that_counts(subject, by_id):
    found = by_id(
        variables.examine(
            subject(SENTRY_DSN=DSN, SENTRY_TRACES_SAMPLE_RATE="0.2", OTEL_TRACES_SAMPLER="always_on")
        )
    )
    assert "OTEL_TRACES_SAMPLER does not count" in found["setting.overridden.1"].said
    assert found["sampling"].said == (
        "The sampler is parentbased_traceidratio with rate 0.2 (SENTRY_TRACES_SAMPLE_RATE)."
    )


def test_that_nothing_is_sampled_and_nobody_named_the_environment_is_noted(subject, by_id):
    found = by_id(variables.examine(subject(SENTRY_DSN=DSN)))
    assert found["sampling"].state == "note"
    assert found["environment.default"].state == "note"
    never = by_id(variables.examine(subject(SENTRY_DSN=DSN, OTEL_TRACES_SAMPLER="parentbased_always_off")))
    assert never["sampling"].state == "note"


def test_rules_that_are_off_are_noted(subject, by_id):
    found = by_id(
        variables.examine(
            subject(SENTRY_DSN=DSN, CONTINUUM_ENV="production", CONTINUUM_TELEMETRY_RULES_OFF="email")
        )
    )
    assert "email" in found["privacy.rules"].said
