"""Sentry's own configuration as code: files in, what Sentry should hold out, and the way between the two."""
