"""Capital and small letters for the same, on both databases, those beyond ASCII too.

SQLite's own `lower` knows the letters of ASCII alone, and Python's knows all: one side by each finds nothing.
So both sides are the database's. A text of ASCII is compared by `lower`, for which there may be an index. Any
other is compared by a function of ours on SQLite's connections. It has a name of its own, and no index may
use it: with `lower` itself exchanged, or an index on ours, other programs could open the database no more.
"""

import sqlite3
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_ON_SQLITE: Final = "inboxray_lower"


class _SmallLetters(FunctionElement[str]):
    """`lower` of all letters; PostgreSQL knows those of its database's locale."""

    type = Text()
    inherit_cache = True


@compiles(_SmallLetters)
def _on_postgres(element: _SmallLetters, compiler: SQLCompiler, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(_SmallLetters, "sqlite")
def _on_sqlite(element: _SmallLetters, compiler: SQLCompiler, **options: Any) -> str:
    return f"{_ON_SQLITE}({compiler.process(element.clauses, **options)})"


def give_small_letters(connection: sqlite3.Connection) -> None:
    """Give a connection the function that questions about letters beyond ASCII use.

    Parameters
    ----------
    connection : sqlite3.Connection
    """
    connection.create_function(_ON_SQLITE, 1, _lower, deterministic=True)


def is_same_text(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Say in SQL that a column has a text, in capital letters or not.

    Parameters
    ----------
    column : ColumnElement
    text : str

    Returns
    -------
    ColumnElement of bool
    """
    return _small(column, text) == _small(literal(text), text)


def has_part(column: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Say in SQL that a column has a text in it, in capital letters or not.

    Parameters
    ----------
    column : ColumnElement
    part : str
        No pattern: each character stands for itself.

    Returns
    -------
    ColumnElement of bool
    """
    escaped = part.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return _small(column, part).like(_small(literal(f"%{escaped}%"), part), escape="/")


def _small(value: ColumnElement[Any], sought: str) -> ColumnElement[str]:
    return func.lower(value) if sought.isascii() else _SmallLetters(value)


def _lower(text: str | None) -> str | None:
    """Make each letter small by itself, as PostgreSQL does.

    Of a whole text Python makes another: a final sigma is none where more follows, and a dotted capital I
    becomes two characters. A part of a name would not be found in it.
    """
    return None if text is None else "".join(letter.lower()[0] for letter in text)
