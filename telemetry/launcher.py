"""Makes `opentelemetry-instrument` choose this distribution when nobody chose another.

sentry-sdk's ``opentelemetry`` extra installs a second distribution, and the launcher takes whichever it
finds first: without a choice it is chance whether a process starts with the gate. The launcher imports the
modules of the ``opentelemetry_environment_variables`` group before it starts the program, so that a choice
made here reaches it. A choice that the user made is left alone.
"""

import os

os.environ.setdefault("OTEL_PYTHON_DISTRO", "continuum")
os.environ.setdefault("OTEL_PYTHON_CONFIGURATOR", "continuum")
