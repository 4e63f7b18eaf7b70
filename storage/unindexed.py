"""Columns by which SQLite is not to look for rows.

Its planner takes an index for any column that equals a value, however many rows have that value, and knows
better only while its statistics are fresh. Who asks here knows which way is the good one.
"""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Unindexed(FunctionElement[Any]):
    inherit_cache = True


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column that is compared in each row, and looked up in no index.

    Parameters
    ----------
    column : ColumnElement

    Returns
    -------
    ColumnElement
        On PostgreSQL, which keeps its statistics fresh, the column itself.

    References
    ----------
    https://www.sqlite.org/optoverview.html 2.2.2 (the unary "+")
    """
    made = _Unindexed(column)
    made.type = column.type
    return made


@compiles(_Unindexed)
def _as_it_is(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Unindexed, "sqlite")
def _with_a_plus(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"
