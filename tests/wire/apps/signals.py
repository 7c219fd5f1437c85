"""An application that logs and measures, by Python's logging, by OpenTelemetry's API, and past both."""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import FastAPI, Request
from opentelemetry import metrics
from opentelemetry._logs import LogRecord, SeverityNumber, get_logger
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader

app = FastAPI()
logger = logging.getLogger(__name__)
orders = metrics.get_meter(__name__).create_counter("orders.placed", "{order}", "Orders that were placed")

# What an application may have had before: providers of its own, with exporters of its own.
past_logs = Path("past-logs.txt").open("w", encoding="utf-8")  # noqa: SIM115  # for the process's life
past_metrics = Path("past-metrics.txt").open("w", encoding="utf-8")  # noqa: SIM115  # the same
own_logs = LoggerProvider()
own_logs.add_log_record_processor(SimpleLogRecordProcessor(ConsoleLogRecordExporter(out=past_logs)))
own_metrics = MeterProvider(
    [PeriodicExportingMetricReader(ConsoleMetricExporter(out=past_metrics), export_interval_millis=100)]
)
own_orders = own_metrics.get_meter("own").create_counter("orders.placed")


@app.post("/orders")
async def order(request: Request) -> dict[str, bool]:
    said = (await request.json())["note"]
    logger.info("could not ship the order: %s", said)
    get_logger(__name__).emit(
        LogRecord(
            timestamp=1,
            severity_number=SeverityNumber.WARN,
            severity_text="WARN",
            body={"note": said, "number": 3},
            attributes={"note": said, "order.size": 3},
            event_name="order.noted",
        )
    )
    orders.add(1, {"note": said, "http.request.method": "POST"})
    own_logs.get_logger("own").emit(LogRecord(timestamp=1, body=said, attributes={"note": said}))
    own_orders.add(1, {"note": said})
    try:
        raise LookupError(f"no such order: {said}")
    except LookupError:
        logger.exception("could not ship the order: %s", said)
    return {"ok": True}
