"""The pages that people read, and the blocks of code in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "deploy/*/*.md")
    for path in ROOT.glob(pattern)
)

# Why a block isn't run: this line stands as an HTML comment before it.
REASONS = {
    "needs a container engine": "none is here",
    "needs a cluster": "none is here",
    "needs a collector": "built with Go, in minutes; `make test-collector` runs it where Go is",
    "needs a server of its own": "PostgreSQL with its owner's tools",
    "installs packages": "tests ask no registry",
    "takes minutes": "or is the test suite itself",
}
SERVES = "serves"
"""The block's last command is a server: it is started, has to answer, and serves the page until the next one."""
RUN_BY = re.compile(r"run by (tests/\S+\.py)")
"""Another test runs the block."""

# Pages that have a test of their own, which runs all of their blocks.
RUN_ELSEWHERE = {
    "docs/privacy.md": "tests/telemetry/preview/privacy_guide.py",
    "docs/testing.md": "tests/telemetry/testing/test_testing_docs.py",
}

# What shows something and asks nobody to do it.
SHOWN = {"", "text"}
PARSED = {"yaml"}
RUN = {"console", "python"}

_FENCE = re.compile(
    r"^(?P<indent> {0,3})```(?P<language>[^\n`]*)\n(?P<text>.*?)^ {0,3}```$", re.DOTALL | re.MULTILINE
)
_MARK = re.compile(r"<!-- (?P<mark>[^\n]*?) -->\n\s*$")
_NAMED = re.compile(r"# ([\w/.-]+\.py)\n")


@dataclass(frozen=True)
class Block:
    """One fenced block; ``mark`` is the comment that stands before it, or nothing."""

    page: str
    line: int
    language: str
    text: str
    mark: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether it is run here, and not shown, parsed, or left to something else."""
        return self.page not in RUN_ELSEWHERE and self.language in RUN and self.mark in ("", SERVES)

    @property
    def name(self) -> str | None:
        """The file that the block is, where its first line names one."""
        named = _NAMED.match(self.text) if self.language == "python" else None
        return None if named is None else named[1]

    def commands(self) -> list[Command]:
        """What is typed, and what the page shows after it."""
        pieces = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert not pieces[0].strip(), f"{self}: what is typed begins with '$ '"
        found = []
        for piece in pieces[1:]:
            lines = piece.splitlines()
            end = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
            found.append(Command("\n".join(lines[:end]), "".join(f"{line}\n" for line in lines[end:])))
        return found


class Command(NamedTuple):
    """What is typed, and what is to be printed."""

    typed: str
    shown: str


def text_of(page: str) -> str:
    """What stands on a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in its order."""
    text = text_of(page)
    for fence in _FENCE.finditer(text):
        before = _MARK.search(text, 0, fence.start())
        indent = len(fence["indent"])
        inside = "".join(line[indent:] for line in fence["text"].splitlines(keepends=True))
        yield Block(
            page,
            text.count("\n", 0, fence.start()) + 1,
            fence["language"].strip(),
            inside,
            before["mark"] if before else "",
        )
