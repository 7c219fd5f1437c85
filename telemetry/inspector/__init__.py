"""A loopback page that receives Sentry envelopes and OTLP during development, and shows what arrived.

It stands alone: it imports nothing else of telemetry, is never instrumented and opens no connection itself.
Start it with ``python -m telemetry.inspector``.
"""
