"""How a route gets what its application opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from continuum.core.services import Services

if TYPE_CHECKING:
    from continuum.api.promptness import Promptness
    from continuum.limits.connect import Limiter


def services_of(request: Request) -> Services:
    """Database and engine of the application."""
    services: Services = request.app.state.services
    return services


def limiter_of(request: Request) -> Limiter | None:
    """What counts the requests of the application's keys; None where nothing does."""
    limiter: Limiter | None = request.app.state.limiter
    return limiter


def promptness_of(request: Request) -> Promptness:
    """Whose recalls the application does at once."""
    promptness: Promptness = request.app.state.promptness
    return promptness


async def _services(request: Request) -> Services:
    # Async, because FastAPI would run it in a worker thread otherwise.
    return services_of(request)


OpenServices = Annotated[Services, Depends(_services)]
