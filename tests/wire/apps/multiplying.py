"""A program whose work is done by processes of its own."""

from __future__ import annotations

import multiprocessing
import sys
import time
from pathlib import Path

from opentelemetry import trace

import telemetry

tracer = trace.get_tracer("multiplying")


def work(number: int) -> None:
    with tracer.start_as_current_span("multiplying.child"):
        if number == 2:
            try:
                raise ArithmeticError("in a child")
            except ArithmeticError as error:
                telemetry.capture_exception(error)


def wait() -> None:
    with tracer.start_as_current_span("multiplying.child"):
        pass
    Path("ready").touch()
    time.sleep(30)


if __name__ == "__main__":
    with tracer.start_as_current_span("multiplying.parent"):
        pass
    if sys.argv[1] == "wait":
        child = multiprocessing.get_context("fork").Process(target=wait)
        child.start()
        try:
            child.join()
        finally:
            child.terminate()
            child.join()
    else:
        context = multiprocessing.get_context(sys.argv[1])
        children = [context.Process(target=work, args=(number,)) for number in range(4)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        sys.exit(max(child.exitcode or 0 for child in children))
