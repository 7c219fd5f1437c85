"""The application: ``continuum.api.server:app``."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from continuum import __version__
from continuum.api.body_limit import BodyLimit
from continuum.api.errors import install_error_handlers
from continuum.api.logs import withhold_messages
from continuum.api.problems import DOCUMENTED
from continuum.api.promptness import Promptness
from continuum.api.routes import admin, erasing, exchange, health, memories, observe, overview, sync
from continuum.core.observing import start_telemetry
from continuum.core.services import open_services
from continuum.core.settings import Settings
from continuum.federation.errors import SyncError
from continuum.federation.settings import SyncSettings
from continuum.limits.connect import open_limiter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; it opens its database when it starts and closes it when it ends.

    Args:
        settings: what it runs with; read from the environment when not given.

    Raises:
        SettingsError: the environment has a value of no accepted form.

    """
    # Before FastAPI() below: instrumentation wraps the class.
    start_telemetry()
    chosen = Settings.from_environ() if settings is None else settings
    withhold_messages()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_services(chosen) as services, open_limiter(chosen, services.database) as limiter:
            app.state.services, app.state.limiter = services, limiter
            app.state.promptness = Promptness()
            app.state.sync_settings = SyncSettings.of(chosen)
            yield

    # No pages of documentation: theirs load scripts from other people's servers. /openapi.json stays.
    app = FastAPI(
        title="CONTINUUM",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=DOCUMENTED,
    )
    install_error_handlers(app)
    app.add_exception_handler(SyncError, sync.refuse)
    for routes in (memories, health, erasing, exchange, overview, admin, sync, observe):
        app.include_router(routes.router, prefix="/v1")
    app.add_middleware(BodyLimit)
    if chosen.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=chosen.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=[
                "X-API-Key",
                "Content-Type",
                "Idempotency-Key",
                "traceparent",
                "tracestate",
                "baggage",
                "sentry-trace",
            ],
            expose_headers=["Retry-After"],
        )
    return app


app = create_app()
