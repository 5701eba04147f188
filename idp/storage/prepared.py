"""Statements that SQLAlchemy writes once and the driver runs: what every sign-in and token costs."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.type_api import TypeEngine

Convert = Callable[[Any], Any]


class Prepared:
    """A statement with ``bindparam`` for every value, as a module constant.

    SQLAlchemy compiles it at its first use on a dialect. From then on a run costs the driver's work and no
    more: about 10 µs in SQLite, where SQLAlchemy adds 40 (docs/performance.md).
    """

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self.is_write = bool(getattr(statement, "is_dml", False))
        self._compiled: dict[tuple[str, frozenset[str]], Compiled] = {}

    def compiled(self, dialect: Dialect, names: frozenset[str]) -> "Compiled":
        """The statement for a dialect and the parameters that are given; an INSERT names only those."""
        key = (dialect.name, names)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = Compiled(self, dialect, names)
        return found


class Compiled:
    """A statement's text, and what its values become on their way in and out."""

    def __init__(self, prepared: Prepared, dialect: Dialect, names: frozenset[str]) -> None:
        # Named parameters in both drivers, so that values need not be put in order.
        kind: Callable[..., Dialect] = type(dialect)
        spoken = kind(paramstyle="named" if dialect.name == "sqlite" else "pyformat")
        made: Any = prepared.statement.compile(
            dialect=spoken, column_keys=sorted(names) if _is_insert_of_values(prepared) else None
        )
        self.sql = str(made)
        self._own = {name: value for name, value in made.params.items() if name not in names}
        self._inward = tuple(
            (name, convert)
            for name, bound in made.binds.items()
            if (convert := _impl(bound.type, dialect).bind_processor(dialect)) is not None
        )
        columns = getattr(prepared.statement, "selected_columns", ()) or made.returning or ()
        self._row = _row_of([column.name for column in columns])
        self._outward = tuple(
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := _impl(column.type, dialect).result_processor(dialect, None)) is not None
        )

    def bound(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the driver takes them."""
        values = {**self._own, **parameters}
        for name, convert in self._inward:
            values[name] = convert(values[name])
        return values

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """Rows by column name, their values as the tables' types say."""
        if not self._outward:
            return [self._row._make(row) for row in rows]
        return [self._read(list(row)) for row in rows]

    def _read(self, values: list[Any]) -> Any:
        for place, convert in self._outward:
            values[place] = convert(values[place])
        return self._row._make(values)


def _row_of(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True)


def _is_insert_of_values(prepared: Prepared) -> bool:
    """Whether it is an INSERT that names the columns which it is given; one from a SELECT names its own."""
    statement: Any = prepared.statement
    return bool(getattr(statement, "is_insert", False)) and statement.select is None


def _impl(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)
