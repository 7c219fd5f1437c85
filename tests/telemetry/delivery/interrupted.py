"""A program whose main thread submits and flushes while a timer's handler does the same, and then shuts down."""

from __future__ import annotations

import signal
import sys
import time

from delivering import Station, in_flight, submit

SECONDS = 0.3


def main() -> None:
    with Station() as station:
        sink = station.sink()
        sender, lane = station.lane(sink.url, batch=4, delay=0.001)
        shuts_down_at = time.monotonic() + SECONDS

        def interrupt(*_arguments: object) -> None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            submit(sender, lane, "error:from the handler")
            if time.monotonic() > shuts_down_at:
                sender.shutdown(2.0)
            else:
                sender.flush(0.005)
                signal.setitimer(signal.ITIMER_REAL, 0.0007)

        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.0007)
        while not sender.stopped:
            submit(sender, lane, "error:1")
            sender.flush(0.001)
        sender.flush(0.001)
        deadline = time.monotonic() + 5
        while in_flight(sender.ledger) and time.monotonic() < deadline:
            time.sleep(0.01)
        if in_flight(sender.ledger):
            sys.exit(f"in flight for ever: {in_flight(sender.ledger)}")
        print("ended")


main()
