"""Writes previews for people and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from telemetry.preview.changes import ADDED, KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry.preview.gating import Preview

_LONGEST: Final = 240
_TITLES: Final = {"event": "Sentry event", "trace": "trace", "span": "span", "text": "text"}
_PLAIN: Final = {"path": "", "before": "", "after": "", "end": ""}
_COLOURS: Final = {"path": "\x1b[1m", "before": "\x1b[31m", "after": "\x1b[32m", "end": "\x1b[0m"}


def as_text(preview: Preview, profile: str, *, colour: bool) -> str:
    """A list of places: what stood there, what would leave, and by which rule."""
    return "\n".join(_lines(preview, profile, _COLOURS if colour else _PLAIN))


def _lines(preview: Preview, profile: str, style: dict[str, str]) -> Iterator[str]:
    end = style["end"]
    yield f"{_TITLES[preview.kind]}, profile {profile}"
    for change in preview.changes:
        yield ""
        yield f"{style['path']}{_shown(change.path)}{end}  {change.rule}"
        yield f"  {style['before']}- {_shown(change.before)}{end}"
        if change.after is not None:
            yield f"  {style['after']}+ {_shown(change.after)}{end}"
    yield ""
    kept, added = preview.paths(KEPT), preview.paths(ADDED)
    changed = len(preview.changes)
    yield f"{changed} {'place' if changed == 1 else 'places'} changed, {len(kept)} sent as they are."
    if added:
        yield f"Added by the gate: {', '.join(sorted(added))}."


def _shown(value: Any) -> str:
    """A value on one line, cut when it is long; a control character would be the terminal's to obey."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    cut = f"{text[:_LONGEST]}… ({len(text)} characters)" if len(text) > _LONGEST else text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def as_json(preview: Preview) -> list[dict[str, Any]]:
    """The places where a rule acted: path, before, after, rule. A place that is left out has ``after`` null."""
    return [asdict(change) for change in preview.changes]
