"""``python -m telemetry doctor | preview | sentry``: telemetry's commands, for applications without their own."""

from __future__ import annotations

import sys

import telemetry

_COMMANDS = {
    "doctor": telemetry.run_doctor,
    "preview": telemetry.run_preview,
    "sentry": telemetry.run_sentry,
}


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
