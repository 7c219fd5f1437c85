"""``python -m telemetry preview``: telemetry's own commands, for applications that have no other."""

from __future__ import annotations

import sys

import telemetry

_COMMANDS = {"preview": telemetry.run_preview}


def main(arguments: list[str]) -> int:
    """Run a command; 2 when there is none of that name."""
    run = _COMMANDS.get(arguments[0]) if arguments else None
    if run is None:
        wanted = bool(arguments) and arguments[0] in ("-h", "--help")
        print(f"usage: python -m telemetry {{{','.join(_COMMANDS)}}} …", file=None if wanted else sys.stderr)
        return 0 if wanted else 2
    return run(arguments[1:], f"python -m telemetry {arguments[0]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
