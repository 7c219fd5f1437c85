"""Outgoing baggage carries what the application put there, and nobody's name, secret or words."""

from __future__ import annotations

import pytest
from opentelemetry import baggage
from opentelemetry.context import Context

from telemetry import trace_scope
from telemetry.configuration.settings import Settings
from telemetry.gate.baggage import GatedBaggagePropagator
from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.privacy.vocabulary import Vocabulary


@pytest.fixture
def outgoing():
    propagator = GatedBaggagePropagator(
        Scrubbing(Vocabulary("strict"), lambda: Identity.of(Settings()), Ledger())
    )

    def inject(*registered: str, **entries: object) -> str:
        scope = trace_scope.TraceScope()
        scope.register(registered, exact=True)
        before = trace_scope.enter(scope)
        try:
            context = Context()
            for key, value in entries.items():
                context = baggage.set_baggage(key, value, context)
            carrier: dict[str, str] = {}
            propagator.inject(carrier, context)
            return carrier.get("baggage", "")
        finally:
            trace_scope.enter(before)

    return inject


def test_what_the_application_put_there_goes_along(outgoing):
    assert outgoing(feature="blue", attempt=2) == "feature=blue,attempt=2"


@pytest.mark.parametrize("key", ["tenant_id", "user", "customer", "api_key", "message", "email"])
def test_a_key_that_names_somebody_stays_here(outgoing, key):
    assert outgoing(feature="blue", **{key: "acme"}) == "feature=blue"


def test_a_value_that_the_request_brought_in_stays_here(outgoing):
    assert (
        outgoing("acme", "the divorce", where="acme", topic="the divorce", feature="blue") == "feature=blue"
    )


def test_a_secret_stays_here(outgoing):
    assert outgoing(feature="blue", note="a.person@example.org", trace="ghp_" + "a1" * 18) == "feature=blue"


def test_an_object_is_not_asked_what_it_is(outgoing):
    class Rude:
        def __str__(self):
            raise RuntimeError("asked")

    assert outgoing(feature="blue", thing=Rude()) == "feature=blue"


def test_what_comes_in_is_read_as_ever(outgoing):
    propagator = GatedBaggagePropagator(
        Scrubbing(Vocabulary("strict"), lambda: Identity.of(Settings()), Ledger())
    )
    context = propagator.extract({"baggage": "tenant_id=acme,feature=blue"}, Context())
    assert baggage.get_all(context) == {"tenant_id": "acme", "feature": "blue"}
