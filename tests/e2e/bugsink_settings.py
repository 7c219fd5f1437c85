"""Bugsink's settings for one test, read by its own interpreter: SQLite, loopback, no mail, no call home."""

import os

from bugsink.settings.default import *  # noqa: F403  # Bugsink's way of being configured

HOME = os.environ["BUGSINK_HOME"]

SECRET_KEY = os.environ["BUGSINK_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
SNAPPEA = {"TASK_ALWAYS_EAGER": True}  # an event is stored before its envelope is answered
BUGSINK = {
    "BASE_URL": "http://127.0.0.1",
    "PHONEHOME": False,
    "SINGLE_USER": True,
    "SINGLE_TEAM": True,
    "USER_REGISTRATION": "CB_NOBODY",
    "ALERTS_WEBHOOK_OUTBOUND_MODE": "allowlist_only",
    "INGEST_STORE_BASE_DIR": f"{HOME}/ingestion",
    "VALIDATE_ON_DIGEST": "strict",  # an event that isn't of Sentry's published form is refused
    "KEEP_ENVELOPES": 10_000,  # whatever arrives is kept as it came
}
