"""The resource that everything leaves under: ours and the operator's attributes, and nothing that was detected."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource

from telemetry.privacy import policy
from telemetry.privacy.scrub import Scrubber
from telemetry.privacy.vocabulary import Vocabulary

if TYPE_CHECKING:
    from telemetry.identity import Identity


@lru_cache(maxsize=4)
def resource_of(identity: Identity) -> Resource:
    """Attributes of an identity: named by people who may, so they only have to hold no secret.

    What the identity is made of was looked at when it was read, and stands in Sentry's events as it is.
    """
    scrubber = Scrubber(Vocabulary("balanced"))
    named = {
        key: scrubber.shaped("label", value)
        for key, value in identity.extra
        if key not in policy.DROPPED_KEYS
    }
    return Resource(named | identity.own_attributes())
