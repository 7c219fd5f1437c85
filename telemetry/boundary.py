"""The ASGI boundary inside the server span: what each request brings is known here, and what it raises.

It stands in every FastAPI application without a line of its code changed, between the OpenTelemetry
middleware and the application's own, so the span is still current when an exception passes.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import ReadableSpan
from starlette.requests import ClientDisconnect

from telemetry import trace_scope
from telemetry.guard import Guard
from telemetry.head_sampling import HeadSampling
from telemetry.inbound_request import InboundRequest
from telemetry.leaving import flag_cancelled, has_left

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from contextlib import AbstractContextManager

    from telemetry.pipeline import Pipeline

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

_SEEN: Final = "continuum.telemetry"
_FRAMEWORKS: Final = frozenset({"fastapi", "starlette"})
_MARK: Final = "_continuum_telemetry"
_LAST_WORDS: Final = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})


class TelemetryBoundary:
    """Gives each request its trace scope, captures what nobody handled, and delivers at shutdown."""

    def __init__(self, app: App, pipeline: Pipeline) -> None:
        self.app = app
        self._pipeline = pipeline
        self._guard = Guard(pipeline.ledger, "ASGI boundary")
        self._headers = tuple(name.encode() for name in pipeline.settings.tenant_headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection; a mounted application's boundary leaves it to the outer one."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif _SEEN in scope or scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        else:
            scope[_SEEN] = True
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        errors = self._pipeline.errors
        with errors.isolate() if errors is not None else nullcontext(), self._counted(scope):
            running = trace_scope.of_span(trace.get_current_span()) or trace_scope.TraceScope()
            before = trace_scope.enter(running)
            try:
                brought = InboundRequest(scope, self._pipeline.settings.tenant_headers)
                running.brings(brought)
                self._bind_tenant(scope)

                async def receive_and_keep() -> Message:
                    message = await receive()
                    with self._guard:
                        brought.keep(message)
                    return message

                async def look_and_send(message: Message) -> None:
                    # Before the answer, with whose end the instrumentation ends the span.
                    with self._guard:
                        if message["type"] == "http.response.start" and has_left(receive):
                            flag_cancelled()
                    await send(message)

                await self.app(scope, receive_and_keep, look_and_send)
                with self._guard:
                    if has_left(receive):  # in the middle of a stream
                        flag_cancelled()
            except (CancelledError, ClientDisconnect):  # somebody changed their mind: no error
                with self._guard:
                    flag_cancelled()
                raise
            except Exception as error:
                if errors is not None:
                    errors.capture(error, handled=False, transaction=self._transaction(scope))
                raise
            finally:
                trace_scope.enter(before)

    def _counted(self, scope: Scope) -> AbstractContextManager[None]:
        """Around what counts for the release's health: websockets don't, as with Sentry's own SDKs."""
        sessions = self._pipeline.sessions
        return nullcontext() if sessions is None or scope["type"] != "http" else sessions.request()

    def _bind_tenant(self, scope: Scope) -> None:
        with self._guard:
            for name, value in scope.get("headers", ()):
                if name.lower() in self._headers and value:
                    self._pipeline.bind_tenant(value.decode("latin-1"))

    def _transaction(self, scope: Scope) -> str | None:
        """``METHOD /route/{template}``: the server span's name, worked out again when it isn't recorded."""
        with self._guard:
            span = trace.get_current_span()
            if isinstance(span, ReadableSpan):
                return span.name
            from opentelemetry.instrumentation.fastapi import _get_default_span_details

            return str(_get_default_span_details(scope)[0])
        return None

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._pipeline.stay()
        self._pipeline.warm_up()

        async def send_after_delivery(message: Message) -> None:
            if message["type"] in _LAST_WORDS:
                # The server ends the process by signal right after this message.
                await to_thread.run_sync(self._pipeline.leave)
            await send(message)

        try:
            await self.app(scope, receive, send_after_delivery)
        except Exception as error:
            if self._pipeline.errors is not None:
                self._pipeline.errors.capture(error, handled=False, transaction=None)
            raise


def stand_in(pipeline: Pipeline, instrument: Callable[[Any], None] | None) -> None:
    """Put the boundary into every FastAPI application, as the outermost of its own middleware.

    It is done when an application builds its middleware stack, so it doesn't matter whether the application
    was made, or its module imported, before telemetry was set up.

    Args:
        pipeline: what the boundary works for.
        instrument: puts the OpenTelemetry middleware around an application that hasn't got it yet.

    """
    from fastapi.applications import FastAPI
    from starlette.middleware.errors import ServerErrorMiddleware

    _keep_native_exporters_out(pipeline)
    original = FastAPI.build_middleware_stack
    if getattr(original, _MARK, False):
        return

    def build_middleware_stack(self: FastAPI) -> Any:
        if instrument is not None and not getattr(self, "_is_instrumented_by_opentelemetry", False):
            with pipeline.guard("FastAPI instrumentation"):
                instrument(self)  # replaces this very method on the application, and calls it from there
                return _asked_first(self.build_middleware_stack(), pipeline)
        stack = original(self)
        with pipeline.guard("middleware stack"):
            if instrument is None:  # FastAPI's own telemetry wakes up where contrib's middleware isn't
                self._telemetry["tracing"] = self._telemetry["metrics"] = self._telemetry["logs"] = False
            pipeline.vocabulary.learn_routes(_templates(self))
            pipeline.vocabulary.learn_packages(_packages(self))
            if isinstance(stack, ServerErrorMiddleware):
                stack.app = TelemetryBoundary(stack.app, pipeline)
        return stack

    setattr(build_middleware_stack, _MARK, True)
    FastAPI.build_middleware_stack = build_middleware_stack  # type: ignore[method-assign]  # the purpose


def _asked_first(stack: Any, pipeline: Pipeline) -> Any:
    """An instrumented stack whose middleware is left out for requests that aren't recorded.

    With metrics it is not: the middleware measures every request.
    """
    traced = getattr(stack, "app", None)
    if pipeline.metrics is None and isinstance(traced, OpenTelemetryMiddleware):
        stack.app = HeadSampling(traced, pipeline)
    return stack


def _templates(app: Any) -> list[str]:
    """The route templates of an application, those of its routers and mounted applications included."""
    from fastapi.routing import iter_route_contexts

    found: list[str] = []
    for route in iter_route_contexts(app.routes):
        path = getattr(route, "path", None)
        if isinstance(path, str):
            found.append(path)
        inner = getattr(route, "app", None)
        if getattr(inner, "routes", None) and isinstance(path, str):
            found += [path + below for below in _templates(inner)]
    return found


def _packages(app: Any) -> set[str]:
    """The top-level packages that an application's route functions come from."""
    from fastapi.routing import iter_route_contexts

    modules = (
        getattr(getattr(route, "endpoint", None), "__module__", None)
        for route in iter_route_contexts(app.routes)
    )
    return {module.partition(".")[0] for module in modules if isinstance(module, str)} - _FRAMEWORKS


def _keep_native_exporters_out(pipeline: Pipeline) -> None:
    """Switch off FastAPI's own set-up of exporters: metrics and logs would leave without a gate.

    ``FASTAPI_OTEL_AUTO_CONFIGURE=true`` or ``FastAPI(telemetry={"auto_configure": True})`` ask for it.
    """
    with pipeline.guard("FastAPI's own exporters"):
        from fastapi.telemetry import _runtime

        def configure(config: Any) -> None:
            if config.get("auto_configure"):
                logger.warning(
                    "telemetry: FastAPI's own exporters would go round the gate; they are switched off"
                )

        _runtime._configure_from_environment = configure  # noqa: SLF001  # there is no public switch
