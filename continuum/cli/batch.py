"""``continuum batch``: remember many turns and notes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from continuum.cli.forms import IDEMPOTENCY_KEY
from continuum.cli.session import json_option, tenant_option

if TYPE_CHECKING:
    from continuum.core.records import Note, Turn

AT_ONCE: Final = 1000
"""How many lines are learned in one transaction; the most that the engine takes."""
_LINE_FORM: Final = "a JSON object, a turn or a note as POST /v1/learn/batch takes it"


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--idempotency-key",
    type=IDEMPOTENCY_KEY,
    metavar="KEY",
    help="Within 24 hours the same FILE with the same key, as after an interruption, is stored once.",
)
@tenant_option
@json_option
def batch(file: BinaryIO, idempotency_key: str | None, tenant: str | None, *, as_json: bool) -> None:
    r"""Remember the turns and notes of FILE, or of standard input: a JSON object on each line.

    \b
    {"user_message": "…", "ai_response": "…", "metadata": {"session": "…", "occurred_at": "…"}}
    {"text": "…", "role": "note", "importance": 0.5, "metadata": {}}

    A thousand lines are stored together, or none of them; `--json` prints an object for each thousand. What comes
    before a bad line's thousand is stored.
    """
    from continuum.cli.lines import LineReader
    from continuum.cli.progress import progress_bar
    from continuum.cli.session import open_engine
    from continuum.cli.showing import print_json

    reader = LineReader(file)
    numbered = ((number, line) for number, line in enumerate(reader, 1) if line.strip())
    count = new = known = 0
    with open_engine(tenant) as (engine, found), progress_bar(reader.size) as advance:
        while items := [_item(line, number) for number, line in islice(numbered, AT_ONCE)]:
            # A key of its own for each thousand: the same file is cut in the same places.
            key = None if idempotency_key is None else f"{idempotency_key}/{count // AT_ONCE}"
            learned = engine.learn(found, *items, idempotency_key=key)
            count += len(items)
            new += len(learned.memory_ids) - learned.duplicates
            known += learned.duplicates
            advance(reader.bytes_read)
            if as_json:
                print_json(learned)
    click.echo(f"Learned {count} lines: {new} new, {known} known.", err=True)


def _item(line: bytes, number: int) -> Turn | Note:
    import json

    from pydantic import ValidationError

    from continuum.api.requests import ACCEPTED_FORMS, BatchBody
    from continuum.core.errors import InvalidRecord
    from continuum.core.transfer import MAX_LINE_BYTES

    try:
        if len(line) > MAX_LINE_BYTES:
            raise ValueError("too long")
        (item,) = BatchBody.model_validate({"items": [json.loads(line)]}).entries()
    except ValidationError as error:
        # Of the place no more than names of fields that there are: others would be the line's own.
        places = [str(part) for found in error.errors(include_input=False) for part in found["loc"]]
        field = next((place for place in places[2:] if place in ACCEPTED_FORMS), None)
    except (ValueError, RecursionError):
        field = None
    else:
        return item
    form = _LINE_FORM if field is None else f"{field} to be {ACCEPTED_FORMS[field]}"
    raise InvalidRecord(f"expected {form}", line=number)
