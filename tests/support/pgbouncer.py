"""A real PgBouncer in transaction mode, before the PostgreSQL of the tests."""

import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.waiting import wait_until

MISSING = "PgBouncer is not installed: apt-get install pgbouncer"


class Pooler:
    """What stands before a server; it gives two sessions to all its clients in turn."""

    def __init__(self, port):
        self.port = port

    def url(self, direct):
        """Give the URL of a database through the pooler, for that of the server."""
        return make_url(direct).set(port=self.port).render_as_string(hide_password=False)

    def lets_in(self, direct):
        try:
            psycopg.connect(self.url(direct), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def pgbouncer(server, *, connect_query=None, sessions=2):
    """Start one before a server; the test skips, visibly, where the program is missing.

    Parameters
    ----------
    server : PostgresServer
    connect_query : str, optional
        What it runs in each of its sessions first.
    sessions : int
        How many it has for one database.
    """
    program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        pytest.skip(MISSING)
    port = free_port()
    folder = Path(server.folder)
    (folder / "users").write_text('"postgres" ""\n')
    query = "" if connect_query is None else f" connect_query='{connect_query}'"
    configuration = folder / f"pgbouncer-{port}.ini"
    configuration.write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port}{query}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {folder / 'users'}\n"
        f"pool_mode = transaction\ndefault_pool_size = {sessions}\nquery_wait_timeout = 20\n"
    )
    for path in (configuration, folder / "users"):
        path.chmod(0o644)
    with (folder / "pgbouncer.log").open("ab") as log:
        process = subprocess.Popen(
            [program, configuration],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            **server.identity(),
        )
    pooler = Pooler(port)
    try:
        wait_until(lambda: pooler.lets_in(server.url()), timeout_s=30, what="PgBouncer")
        yield pooler
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(scaled(30))
        finally:
            process.kill()
