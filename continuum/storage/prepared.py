"""Statements of the hot path, compiled once for each database: elsewhere building them costs more than running."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.operators import OperatorType


class _Compiled(NamedTuple):
    text: str
    # In the order of question marks; None where the driver takes names.
    places: list[str] | None
    converters: dict[str, Callable[[Any], Any]]
    # What stands in the statement itself.
    constants: dict[str, Any]


class Prepared:
    """A statement whose values are all bound by name, run by the driver; rows come as the driver gives them."""

    def __init__(self, statement: sa.Executable, names: Sequence[str] | None = None) -> None:
        """Take a statement; an insert needs the names of its columns."""
        self._statement = statement
        self._names = names
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: sa.Connection, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
        """Run it once."""
        compiled = self._for(connection)
        return connection.exec_driver_sql(compiled.text, _bound(compiled, values))

    def run_all(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it with each of these, at least one."""
        compiled = self._for(connection)
        connection.exec_driver_sql(compiled.text, [_bound(compiled, row) for row in rows])

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
            found = _Compiled(str(compiled), compiled.positiontup, converters, constants)
            self._compiled[dialect.name] = found
        return found


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


def _bound(compiled: _Compiled, values: Mapping[str, Any]) -> Any:
    given = {**compiled.constants, **values}
    for name, convert in compiled.converters.items():
        given[name] = convert(given[name])
    return given if compiled.places is None else tuple(given[name] for name in compiled.places)
