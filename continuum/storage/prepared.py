"""Statements of the hot path, compiled once for each database: elsewhere building them costs more than running.

SQLAlchemy's way with a statement costs more than SQLite takes to answer it, so statements go straight to SQLite's
driver. Where spans are made they pass the dialect, which telemetry has made spans of.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.ext.compiler import compiles

import telemetry
from continuum.storage.columns import UtcDateTime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.operators import OperatorType

    _Converter = Callable[[Any], Any]


# How long a moment is without its zone.
_NAIVE = len("2024-05-07 12:00:00.000000")
# Where a connection keeps the driver's own while its transaction may use it.
_DRIVER = "continuum_driver"
# Whether spans are made of the transaction's statements.
_RECORDED = "continuum_recorded"


class _Compiled(NamedTuple):
    text: str
    # What the question marks stand for, in their order; None where the driver takes names.
    places: list[tuple[str, _Converter | None]] | None
    converters: dict[str, _Converter]
    # What stands in the statement itself.
    constants: dict[str, Any]
    columns: SimpleResultMetaData
    # Of the answer's columns, for those whose values aren't what the driver gives.
    readers: list[tuple[int, _Converter]]


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
        return [_read(row, compiled.readers) for row in rows] if compiled.readers else rows

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
                if (converter := _writer(bound.type, dialect)) is not None
            }
            constants = {
                name: bound.value for name, bound in compiled.binds.items() if bound.value is not None
            }
            columns = getattr(self._statement, "exported_columns", ())
            readers = [
                (place, reader)
                for place, column in enumerate(columns)
                if (reader := _reader(column.type, dialect)) is not None
            ]
            names = SimpleResultMetaData([column.key for column in columns])
            in_order = compiled.positiontup
            places = None if in_order is None else [(name, converters.get(name)) for name in in_order]
            found = _Compiled(str(compiled), places, converters, constants, names, readers)
            self._compiled[dialect.name] = found
        return found


def begin_straight(connection: sa.Connection) -> None:
    """At the beginning of a transaction on SQLite: its statements go straight to the driver."""
    connection.info[_DRIVER] = connection.connection.driver_connection
    connection.info[_RECORDED] = telemetry.is_recorded()


def fetch(connection: sa.Connection, text: str, values: Any) -> list[Any]:
    """The rows of the driver's answer; ``text`` is the driver's own."""
    driver: sqlite3.Connection | None = connection.info.get(_DRIVER)
    if driver is None:
        answer = connection.exec_driver_sql(text, values)
        return list(answer) if answer.returns_rows else []
    try:
        return _executed(connection, driver, text, values).fetchall()
    except driver.Error as error:
        raise _translated(connection, text, error) from error


def stream(connection: sa.Connection, text: str, values: Any) -> Iterator[Any]:
    """The rows one by one, worked out as they are asked for; ``text`` is the driver's own."""
    driver: sqlite3.Connection | None = connection.info.get(_DRIVER)
    if driver is None:
        yield from connection.exec_driver_sql(text, values)
        return
    try:
        yield from _executed(connection, driver, text, values)
    except driver.Error as error:
        raise _translated(connection, text, error) from error


def run_many(connection: sa.Connection, text: str, rows: Sequence[Any]) -> None:
    """Run a text of the driver's with each of these, at least one."""
    driver: sqlite3.Connection | None = connection.info.get(_DRIVER)
    if driver is None:
        connection.exec_driver_sql(text, rows)
        return
    try:
        if connection.info[_RECORDED]:
            cursor: Any = driver.cursor()
            connection.dialect.do_executemany(cursor, text, rows, _execution(connection))
        else:
            driver.executemany(text, rows)
    except driver.Error as error:
        raise _translated(connection, text, error) from error


def _executed(
    connection: sa.Connection, driver: sqlite3.Connection, text: str, values: Any
) -> sqlite3.Cursor:
    if not connection.info[_RECORDED]:
        return driver.execute(text, values)
    cursor: Any = driver.cursor()
    connection.dialect.do_execute(cursor, text, values, _execution(connection))
    return cursor  # type: ignore[no-any-return]  # the driver's own, which SQLAlchemy knows by another type


def _execution(connection: sa.Connection) -> Any:
    """What of SQLAlchemy's own a span is made from."""
    return SimpleNamespace(root_connection=connection)


def _translated(connection: sa.Connection, text: str, error: Exception) -> BaseException:
    """The driver's error as SQLAlchemy would raise it; without the values, which are content."""
    base = connection.dialect.loaded_dbapi.Error
    return sa.exc.DBAPIError.instance(
        text, None, error, base, hide_parameters=True, dialect=connection.dialect
    )


def _writer(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> _Converter | None:
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return _text_of
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> _Converter | None:
    if isinstance(kind, UtcDateTime) and dialect.name == "sqlite":
        return _moment_of
    if isinstance(kind, sa.Numeric):
        # Every driver gives floats; SQLAlchemy would want to know in which form they came.
        return None
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _text_of(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes it, in a fraction of the time."""
    return None if moment is None else moment.astimezone(UTC).isoformat(" ", "microseconds")[:_NAIVE]


def _moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


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


def _read(row: Sequence[Any], readers: Sequence[tuple[int, _Converter]]) -> tuple[Any, ...]:
    values = list(row)
    for place, read in readers:
        values[place] = read(values[place])
    return tuple(values)


def _bound(compiled: _Compiled, values: Mapping[str, Any]) -> Any:
    given = {**compiled.constants, **values} if compiled.constants else values
    if compiled.places is not None:
        return tuple(
            [given[name] if convert is None else convert(given[name]) for name, convert in compiled.places]
        )
    return {**given, **{name: convert(given[name]) for name, convert in compiled.converters.items()}}
