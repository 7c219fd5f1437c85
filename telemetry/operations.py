"""Operations: named pieces of work that become spans, by ``with``; while telemetry is off they do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from telemetry.pipeline import Pipeline
    from telemetry.running import Run

_FINE = frozenset({"ok", "OK", "unset", "UNSET"})


class Operation:
    """A context manager, for ``with`` and ``async with``, around one piece of work.

    Its span is below the current one. An exception marks the span and goes on; nothing of telemetry is raised.

    Args:
        name: what is done, such as ``memory.recall``: a name that stands in the code.
        pipeline: asked when the operation starts, so that one may be made before telemetry is set up.
        tenant: whose work it is; only the pseudonym is sent, and a tenant that is bound already stays.
        tags: see ``telemetry.set_operation``; they stand on this span.
        content: a text that may stand nowhere in what leaves of it.
        function: the dotted name of the function that does it.
        above: the operation that this is a part of.

    """

    def __init__(
        self,
        name: str,
        pipeline: Callable[[], Pipeline | None],
        *,
        tenant: Any = None,
        tags: dict[str, Any] | None = None,
        content: str | None = None,
        function: str | None = None,
        above: Operation | None = None,
    ) -> None:
        self._name, self._tenant, self._tags, self._content = name, tenant, tags or {}, content
        self._pipeline, self._function, self._above = pipeline, function, above
        self._runs: list[tuple[Pipeline, Run, AbstractContextManager[None]]] = []

    def __enter__(self) -> Self:
        pipeline = self._pipeline()
        if pipeline is not None:
            with pipeline.guard("operation"):
                from telemetry.running import start

                above = self._above.run if self._above is not None else None
                run = start(
                    pipeline,
                    self._name,
                    tenant=self._tenant,
                    tags=self._tags,
                    content=self._content,
                    function=self._function,
                    parent=None if above is None else above.span,
                )
                current = run.current()
                current.__enter__()
                self._runs.append((pipeline, run, current))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runs:
            pipeline, run, current = self._runs.pop()
            with pipeline.guard("operation"):
                current.__exit__(None, None, None)
            with pipeline.guard("operation"):
                run.end(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def start_span(self, op: str, description: str | None = None) -> Operation:
        """A part of this operation, to be entered; the description is taken for content and never sent."""
        return Operation(op, self._pipeline, content=_text(description), above=self)

    def set_tag(self, key: str, value: Any) -> None:
        """Put a tag on the span: bounded, and looked at by the gate like any other."""
        if self._runs:
            pipeline, run, _ = self._runs[-1]
            with pipeline.guard("operation"):
                from telemetry import trace_scope
                from telemetry.bindings import pseudonymous
                from telemetry.tags import attributes_of

                known = pseudonymous(pipeline, {key: value}, trace_scope.current())
                run.span.set_attributes(attributes_of(known))

    def set_data(self, key: str, value: Any) -> None:
        """As ``set_tag``."""
        self.set_tag(key, value)

    def set_status(self, status: str) -> None:
        """``ok``, or any other word for a failure."""
        if self._runs:
            pipeline, run, _ = self._runs[-1]
            with pipeline.guard("operation"):
                from opentelemetry.trace import Status, StatusCode

                run.span.set_status(Status(StatusCode.OK if status in _FINE else StatusCode.ERROR))

    @property
    def run(self) -> Run | None:
        """What was entered last and hasn't been left."""
        return self._runs[-1][1] if self._runs else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
