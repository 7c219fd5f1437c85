"""What all gates share: which words are known, what is running, and where redactions are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telemetry.privacy.scrub import Scrubber

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from telemetry.identity import Identity
    from telemetry.ledger import Ledger
    from telemetry.privacy.vocabulary import Vocabulary
    from telemetry.trace_scope import TraceScope


_MOST_DESCRIBED = 2048


@dataclass(frozen=True)
class Scrubbing:
    """Makes a scrubber for each item. ``identity`` is asked anew: an application may name itself later."""

    vocabulary: Vocabulary
    identity: Callable[[], Identity]
    ledger: Ledger
    described: dict[int, tuple[str, dict[str, Any], dict[str, int]]] = field(default_factory=dict)
    """By a keyed hash of what a span says: its clean name and attributes, and the rules that acted."""
    clean_scopes: dict[InstrumentationScope, InstrumentationScope] = field(default_factory=dict)
    """Instrumentation scopes that passed whole; a process has few, and each makes many spans."""
    longest: int | None = None
    """Characters of a text in a span's attributes, cut when it is clean; None for no limit of its own."""

    def remember(self, said: int, name: str, attributes: dict[str, Any], rules: Mapping[str, int]) -> None:
        """Keep what became of spans that say the same, in the profile where that depends on nothing else."""
        if self.vocabulary.strict:
            if len(self.described) >= _MOST_DESCRIBED:
                self.described.clear()
            self.described[said] = name, attributes.copy(), dict(rules)

    def of(self, scope: TraceScope | None, module: str | None = None) -> Scrubber:
        """A scrubber that knows the content of a running trace and the module that made the item."""
        content = None if scope is None else lambda: scope.content
        return Scrubber(self.vocabulary, content, module)
