"""A program that forks while spans wait to be sent."""

from __future__ import annotations

import os
import sys

from opentelemetry import trace

tracer = trace.get_tracer("forking")

if __name__ == "__main__":
    with tracer.start_as_current_span("before.fork"):
        pass
    child = os.fork()
    with tracer.start_as_current_span("after.fork.in.parent" if child else "after.fork.in.child"):
        pass
    if child:
        os.waitpid(child, 0)
    sys.exit(0)
