"""How a route gets what its application opened."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from continuum.core.services import Services
from continuum.limits.connect import Limiter


def _services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _limiter_of(request: Request) -> Limiter | None:
    limiter: Limiter | None = request.app.state.limiter
    return limiter


OpenServices = Annotated[Services, Depends(_services_of)]
OpenLimiter = Annotated[Limiter | None, Depends(_limiter_of)]
