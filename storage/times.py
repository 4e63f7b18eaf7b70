"""Points in time as the database keeps them: always UTC, never naive."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import TIMESTAMP, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

_LENGTH: Final = len("YYYY-MM-DDTHH:MM:SS.ffffffZ")


def require_aware(value: datetime) -> datetime:
    """Return the same instant in UTC.

    Parameters
    ----------
    value : datetime

    Returns
    -------
    datetime
        Aware, UTC.

    Raises
    ------
    ValueError
        `value` is naive: it could mean any of two dozen instants.
    """
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise ValueError("a point in time has no time zone; give it one, e.g. datetime.now(UTC)")
    return value.astimezone(UTC)


def format_utc(value: datetime) -> str:
    """Write an instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, whose text order is the order of time.

    Parameters
    ----------
    value : datetime
        Aware.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        `value` is naive.
    """
    return require_aware(value).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def utc_text(held: datetime | str) -> str:
    """Write an instant that a database holds, as `format_utc` does.

    Parameters
    ----------
    held : datetime or str
        Aware, or the text of SQLite.

    Returns
    -------
    str
    """
    if isinstance(held, str):
        return held if len(held) == _LENGTH and held[-1] == "Z" else format_utc(datetime.fromisoformat(held))
    return format_utc(held)


def utc_moment(held: datetime | str) -> datetime:
    """Return an instant that a database holds.

    Parameters
    ----------
    held : datetime or str
        Aware, or the text of SQLite.

    Returns
    -------
    datetime
        Aware, UTC.
    """
    return require_aware(datetime.fromisoformat(held) if isinstance(held, str) else held)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime: text on SQLite, which drops zones silently; timestamptz on PostgreSQL.

    Its methods are those of `sqlalchemy.types.TypeDecorator`.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the engine at hand.

        Parameters
        ----------
        dialect : Dialect

        Returns
        -------
        TypeEngine[Any]
        """
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware datetime into what the driver takes; a naive one is refused.

        Parameters
        ----------
        value : datetime or None
        dialect : Dialect

        Returns
        -------
        object
        """
        if value is None:
            return None
        return require_aware(value) if dialect.name == "postgresql" else format_utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return what was stored as an aware datetime in UTC.

        Parameters
        ----------
        value : object
        dialect : Dialect

        Returns
        -------
        datetime or None
        """
        del dialect
        return None if value is None else utc_moment(value)
