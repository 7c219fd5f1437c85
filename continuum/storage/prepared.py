"""Statements of the hot path, compiled once for each database: elsewhere building them costs more than running.

SQLAlchemy's way with a statement costs more than SQLite takes to answer it. Where nobody listens, statements go
straight to SQLite's driver. With a listener, the one that makes spans, they go the usual way when spans are made.
"""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.ext.compiler import compiles

import telemetry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.operators import OperatorType


# Where a connection keeps the driver's own while its transaction may use it.
_DRIVER = "continuum_driver"


class _Compiled(NamedTuple):
    text: str
    # The values in the order of question marks; None where the driver takes names.
    places: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None
    converters: dict[str, Callable[[Any], Any]]
    # What stands in the statement itself.
    constants: dict[str, Any]
    columns: SimpleResultMetaData
    # Of the answer's columns, for those whose values aren't what the driver gives.
    readers: list[tuple[int, Callable[[Any], Any]]]


class Prepared:
    """A statement whose values are all bound by name, run by the driver; rows are of the statement's types."""

    def __init__(self, statement: sa.Executable, names: Sequence[str] | None = None) -> None:
        """Take a statement; an insert needs the names of its columns."""
        self._statement = statement
        self._names = names
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: sa.Connection, values: Mapping[str, Any]) -> sa.Result[Any]:
        """Run it once."""
        return IteratorResult(self._for(connection).columns, iter(self.rows(connection, values)))

    def rows(self, connection: sa.Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it once; each row is a plain tuple, which costs least."""
        compiled = self._for(connection)
        rows = fetch(connection, compiled.text, _bound(compiled, values))
        for place, read in compiled.readers:
            rows = [(*row[:place], read(row[place]), *row[place + 1 :]) for row in rows]
        return rows

    def run_all(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it with each of these, at least one."""
        compiled = self._for(connection)
        run_many(connection, compiled.text, [_bound(compiled, row) for row in rows])

    def _for(self, connection: sa.Connection) -> _Compiled:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._names)  # type: ignore[attr-defined]  # every statement has it, the type of what can be run doesn't
            converters = {
                name: converter
                for name, bound in compiled.binds.items()
                if (converter := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
            }
            constants = {
                name: bound.value for name, bound in compiled.binds.items() if bound.value is not None
            }
            columns = getattr(self._statement, "exported_columns", ())
            readers = [
                (place, reader)
                for place, column in enumerate(columns)
                # Every driver gives floats; SQLAlchemy would want to know in which form they came.
                if not isinstance(column.type, sa.Numeric)
                and (reader := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
            ]
            names = SimpleResultMetaData([column.key for column in columns])
            places = None if compiled.positiontup is None else _in_order(compiled.positiontup)
            found = _Compiled(str(compiled), places, converters, constants, names, readers)
            self._compiled[dialect.name] = found
        return found


def begin_straight(connection: sa.Connection) -> None:
    """At the beginning of a transaction on SQLite: its statements go straight to the driver, if nobody listens."""
    heard = (
        connection.dispatch.before_cursor_execute or connection.dispatch.after_cursor_execute
    ) and telemetry.is_recorded()
    connection.info[_DRIVER] = None if heard else connection.connection.driver_connection


def fetch(connection: sa.Connection, text: str, values: Any) -> list[Any]:
    """The rows of the driver's answer; ``text`` is the driver's own."""
    driver: sqlite3.Connection | None = connection.info.get(_DRIVER)
    if driver is None:
        answer = connection.exec_driver_sql(text, values)
        return list(answer) if answer.returns_rows else []
    try:
        return driver.execute(text, values).fetchall()
    except driver.Error as error:
        raise _translated(connection, text, error) from error


def stream(connection: sa.Connection, text: str, values: Any) -> Iterator[Any]:
    """The rows one by one, worked out as they are asked for; ``text`` is the driver's own."""
    driver: sqlite3.Connection | None = connection.info.get(_DRIVER)
    if driver is None:
        yield from connection.exec_driver_sql(text, values)
        return
    try:
        yield from driver.execute(text, values)
    except driver.Error as error:
        raise _translated(connection, text, error) from error


def run_many(connection: sa.Connection, text: str, rows: Sequence[Any]) -> None:
    """Run a text of the driver's with each of these, at least one."""
    driver: sqlite3.Connection | None = connection.info.get(_DRIVER)
    if driver is None:
        connection.exec_driver_sql(text, rows)
        return
    try:
        driver.executemany(text, rows)
    except driver.Error as error:
        raise _translated(connection, text, error) from error


def _translated(connection: sa.Connection, text: str, error: Exception) -> BaseException:
    """The driver's error as SQLAlchemy would raise it; without the values, which are content."""
    base = connection.dialect.loaded_dbapi.Error
    return sa.exc.DBAPIError.instance(
        text, None, error, base, hide_parameters=True, dialect=connection.dialect
    )


class _List(sa.types.TypeDecorator[Any]):
    """Strings or integers in one value, so that the statement is the same for any number of them."""

    impl = sa.types.NullType
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any]:
        """SQLite has no arrays and reads JSON."""
        return json.dumps if dialect.name == "sqlite" else list


class AnyOf(sa.ColumnElement[bool]):
    """Whether a column has one of the values in the list that is bound by a name."""

    inherit_cache = False

    def __init__(self, column: sa.Column[Any], name: str) -> None:
        self.type = sa.Boolean()
        self.column = column
        self.values = sa.bindparam(name, type_=_List())

    def self_group(self, against: OperatorType | None = None) -> sa.ColumnElement[Any]:  # noqa: ARG002 - SQLAlchemy's signature
        """As it is: on SQLite it would be compared with 1 otherwise, and no index would be used."""
        return self


@compiles(AnyOf, "sqlite")
def _in_json(element: AnyOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - a column and a placeholder


@compiles(AnyOf, "postgresql")
def _in_array(element: AnyOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} = ANY({values})"


def _in_order(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: tuple(given[name] for name in names)


def _bound(compiled: _Compiled, values: Mapping[str, Any]) -> Any:
    given = {**compiled.constants, **values}
    for name, convert in compiled.converters.items():
        given[name] = convert(given[name])
    return given if compiled.places is None else compiled.places(given)
