"""Types what a page says into a shell, and holds what is printed against what the page shows."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING

from doc_pages import SERVES
from doc_stage import TOKEN

if TYPE_CHECKING:
    from doc_pages import Block, Command
    from doc_stage import Stage

_END = "--- the command has ended: "
_PRELUDE = """\
server=
serve_no_more() {
  # kill complains about a server that has ended by itself, and no page shows that.
  if [ -n "$server" ]; then kill -TERM "$server"; wait "$server"; server=; fi
}
served() {
  server=$!
  for _ in $(seq 400); do
    if (exec 3<>/dev/tcp/127.0.0.1/PORT) 2>/dev/null; then return 0; fi
    if ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.05
  done
  tail -n 20 server.log
  serve_no_more
  return 1
}
"""


def type_into(stage: Stage, typed: list[Block]) -> list[tuple[Block, Command, str]]:
    """Run the blocks' commands, one after the other in one shell.

    Returns:
        Each command with what was printed on either stream; a failure is said in a line of its own.

    """
    script, order = [_PRELUDE.replace("PORT", stage.port)], []
    for block in typed:
        commands = block.commands()
        for number, command in enumerate(commands, 1):
            order.append((block, command))
            is_server = block.mark == SERVES and number == len(commands)
            real = stage.real(command.typed)
            script.append(
                f"serve_no_more\n{real} >> server.log 2>&1 &\nserved\n" if is_server else f"{real}\n"
            )
            script.append(f'echo "{_END}$?"\n')
    script.append("serve_no_more\n")
    *pieces, last = re.split(rf"{_END}(\d+)\n", stage.shown(_printed_by(stage, "".join(script))))
    printed = [
        (f"{text.rstrip(chr(10))}\n" if text.strip() else "") + (f"[exit {code}]\n" if code != "0" else "")
        for text, code in zip(pieces[::2], pieces[1::2], strict=True)
    ]
    assert (len(printed), last) == (len(order), ""), (printed[-1:], last)
    return [(block, command, text) for (block, command), text in zip(order, printed, strict=True)]


def _printed_by(stage: Stage, script: str) -> str:
    """What bash printed; nothing that it started is left."""
    shell = subprocess.Popen(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=stage.folder,
        env=stage.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = shell.communicate(timeout=200)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait(10)
    assert TOKEN not in printed
    return printed


_ANY_LINES = r"(?:(?!\[exit )[^\n]*\n)*?"
"""A failure is none of them: where one is meant, the page says so with ``; echo "exit $?"``."""


def differs(shown: str, printed: str) -> bool:
    """Whether something else was printed; ``…`` stands for a piece of a line, alone in a line for any lines."""
    pattern = "".join(
        _ANY_LINES if line.strip() == "…" else re.escape(line).replace("…", r"[^\n]*?") + r"\n"
        for line in map(str.rstrip, shown.splitlines())
    )
    return re.fullmatch(pattern, re.sub(r"[ \t]+$", "", printed, flags=re.MULTILINE)) is None
