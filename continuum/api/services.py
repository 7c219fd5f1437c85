"""How a route gets the services that its application opened."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from continuum.core.services import Services


def _services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


OpenServices = Annotated[Services, Depends(_services_of)]
