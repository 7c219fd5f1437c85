"""Examines telemetry in the present environment: what is wrong, what is merely odd, and what to do."""
