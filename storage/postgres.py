"""Connections to a PostgreSQL server: durable commits, UTC, and text that holds every name.

Nothing of it is state of a session: a pooler in transaction mode (PgBouncer) gives one session to several
programs in turn, so what one leaves there, the next one has, and what one set there may be gone (fault 63).
"""

import json
import shlex
import sys
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from storage.errors import BadDatabaseUrl, DatabaseNotUtf8

CONNECT_TIMEOUT_S = 10
# NaN is no JSON: PostgreSQL refuses it and SQLite would keep it.
TO_JSON = partial(json.dumps, allow_nan=False)
_DEFAULTS: Final = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "application_name": "inboxray",
    # A server that vanished without a word is noticed in half a minute, not in two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
# Before what the URL, PGCLIENTENCODING or the role says: in another encoding a name may have no bytes.
_OURS: Final = {
    "client_encoding": "UTF8",
    "prepare_threshold": None,  # what is prepared is known in one session of a pooler, and not in the next
}
_IN_EACH_TRANSACTION: Final = """
SELECT set_config('TimeZone', 'UTC', true), set_config(
    'synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
    true)
"""
"""As SET LOCAL does, in one statement; what waits for more than the server's own disk may stay."""


def open_postgres(parsed: URL, *, readonly: bool) -> Engine:
    """Make an engine on a PostgreSQL server, by psycopg 3.

    Parameters
    ----------
    parsed : URL
    readonly : bool
        True to only look; a database that is not UTF-8 can be looked into, and not be written.

    Returns
    -------
    Engine
        Its connections raise `DatabaseNotUtf8` where they would write to a database of another encoding.

    Raises
    ------
    BadDatabaseUrl
        The driver is not installed, or refuses the URL.
    """
    defaults = {key: value for key, value in _DEFAULTS.items() if key not in parsed.query}
    try:
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            connect_args=defaults | _OURS,
            hide_parameters=True,
            json_serializer=TO_JSON,
            pool_pre_ping=True,
        )
    except ImportError:
        raise BadDatabaseUrl(
            "database_url names PostgreSQL, whose driver is not installed: "
            + shlex.join([sys.executable, "-m", "pip", "install", "psycopg[binary]"])
        ) from None

    def prepare(connection: Any, _record: object) -> None:
        if readonly:
            connection.read_only = True  # each of its transactions begins so
        else:
            refuse_encoding(connection)

    def begin(connection: Connection) -> None:
        at_once = {"stream_results": False}  # a long answer may be wanted next, not of this
        connection.exec_driver_sql(_IN_EACH_TRANSACTION, execution_options=at_once).close()

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def refuse_encoding(connection: Any) -> None:
    """Pass if a database stores UTF-8: any other has no place for some name, and SQL_ASCII does not look.

    Parameters
    ----------
    connection : psycopg.Connection

    Raises
    ------
    DatabaseNotUtf8
        It does not; the message says how to make one that does.

    References
    ----------
    https://www.postgresql.org/docs/current/multibyte.html
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseNotUtf8(
            f"the database of database_url stores text as {encoding} and has no place for other names. "
            "Make one that stores UTF-8 and name it in database_url: "
            "createdb --template=template0 --encoding=UTF8 --locale=C NAME; "
            "`inboxray db copy` takes rows along that are here already"
        )
