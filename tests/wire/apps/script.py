"""A program without a server: makes spans in a database, and ends as its argument says."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from opentelemetry import trace
from sqlalchemy import create_engine, text

engine = create_engine("sqlite://")
tracer = trace.get_tracer("script")


def work(times: int) -> None:
    for _ in range(times):
        with tracer.start_as_current_span("script.work"), engine.connect() as connection:
            connection.execute(text("SELECT 1"))


if __name__ == "__main__":
    ending = sys.argv[1]
    work(int(os.environ.get("SCRIPT_TIMES", "5")))
    if ending == "fail":
        raise LookupError("the end of the script")
    if ending == "exit":
        sys.exit(3)
    if ending == "wait":
        Path(os.environ["SCRIPT_READY"]).touch()
        time.sleep(30)
