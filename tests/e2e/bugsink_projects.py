"""Makes Bugsink's tables and projects 1 to 3, run by its own interpreter; prints the projects' keys."""
# ruff: noqa: E402  # Django's order: settings first

from __future__ import annotations

import django

django.setup()

from django.core.management import call_command
from projects.models import Project
from teams.models import Team

call_command("migrate", verbosity=0)
team = Team.objects.create(name="tests")
for name in ("as it is sent", "by Sentry's rules", "with transactions"):
    print(Project.objects.create(name=name, team=team).sentry_key.hex)
