"""Sends an input of any accepted form through the gate for it, with the words that a process knows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from telemetry.gate.scrubbing import Scrubbing
from telemetry.identity import Identity
from telemetry.ledger import Ledger
from telemetry.preview import application
from telemetry.preview.changes import ADDED, KEPT, Change, compare
from telemetry.privacy.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from telemetry.configuration.settings import Settings
    from telemetry.preview.forms import Form
    from telemetry.privacy.vocabulary import Profile


@dataclass(frozen=True)
class Preview:
    """What would become of one item. ``clean`` has the input's form; None when all of it is withheld."""

    kind: str
    places: tuple[Change, ...]
    clean: Any

    @property
    def changes(self) -> list[Change]:
        """The places where a rule acted."""
        return [place for place in self.places if place.rule not in (KEPT, ADDED)]

    def paths(self, rule: str) -> list[str]:
        """The paths that were ``kept`` or ``added``."""
        return [place.path for place in self.places if place.rule == rule]


def scrubbing_of(settings: Settings, profile: Profile | None = None, routes: Iterable[str] = ()) -> Scrubbing:
    """What the gates share, made as the pipeline makes it, without anywhere to send anything."""
    vocabulary = Vocabulary(
        profile or settings.privacy, settings.operator_words, settings.safe_keys, settings.rules_off
    )
    vocabulary.learn_routes(routes)
    identity = replace(Identity.of(settings), instance_id="this-process")  # the same in every preview
    return Scrubbing(vocabulary, lambda: identity, Ledger())


def preview_of(form: Form, scrubbing: Scrubbing) -> Preview:
    """What would leave of an input.

    Raises:
        ModuleNotFoundError: spans need OpenTelemetry's SDK, which the extra brings.

    """
    if form.kind in ("trace", "span"):
        application.load_instrumentations()
    before, gate = _gate_for(form)
    try:
        after = gate(before, scrubbing)
        json.dumps(after, allow_nan=False)
    except ModuleNotFoundError:
        raise
    except Exception:
        # As in the sender: what can't be scrubbed is not sent.
        return Preview(form.kind, (Change(form.kind, form.value, None, "withheld"),), None)
    places = tuple(compare(before, after, form.kind if form.kind == "text" else "", "message"))
    if form.kind == "trace":
        from telemetry.preview.traces import written_trace

        after = written_trace(after)
    return Preview(form.kind, places, after)


def _gate_for(form: Form) -> tuple[Any, Callable[[Any, Scrubbing], Any]]:
    if form.kind == "event":
        from telemetry.preview import events

        return events.lined_up(form.value), events.gated_event
    if form.kind == "trace":
        from telemetry.preview import traces

        return traces.lined_up_trace(form.value), traces.gated_trace
    if form.kind == "span":
        from telemetry.preview import spans

        return spans.lined_up(form.value), spans.gated_span
    return form.value, lambda text, scrubbing: scrubbing.of(None).message(text)
