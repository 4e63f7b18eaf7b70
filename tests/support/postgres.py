"""A real PostgreSQL for tests: made in a temporary folder, gone when the tests end."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.waiting import wait_until

BINARIES = "PostgreSQL's server programs are missing (initdb, postgres): apt-get install postgresql"


def find_binaries() -> Path | None:
    """Return the folder of initdb and postgres: of the PATH, else the newest of Debian's."""
    on_path = shutil.which("initdb")
    if on_path is not None and shutil.which("postgres") is not None:
        return Path(on_path).resolve().parent  # a link may stand alone, without the other programs
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class PostgresServer:
    """One server on a loopback port, which can be stopped and started again.

    Parameters
    ----------
    binaries : Path
        As of `find_binaries`.
    durable : bool
        What it commits survives a loss of power.
    follows : PostgresServer, optional
        Be a standby of this one, which runs: a copy of it that receives what it commits.
    """

    def __init__(
        self, binaries: Path, *, durable: bool = False, follows: "PostgresServer | None" = None
    ) -> None:
        self.binaries = binaries
        # not below pytest's folder, which the server's own user may not enter
        self.folder = Path(tempfile.mkdtemp(prefix="inboxray-pg-", dir="/tmp"))
        self.port = free_port()
        self.durable = durable
        self.child: subprocess.Popen[bytes] | None = None
        self.names = itertools.count(1)
        self.user: str | None = None
        if os.geteuid() == 0:  # the server refuses to run as root
            self.user = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, pwd.getpwnam(self.user).pw_gid)
        data = ["-D", self.folder / "data"]
        if follows is None:
            whose = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
            self.run("initdb", *data, *whose, "--no-sync")
        else:
            self.run("pg_basebackup", *data, "-d", follows.url(), "-R", "-c", "fast", "--no-sync")

    def run(self, program: str, *arguments: "str | Path") -> None:
        """Run one of PostgreSQL's programs as the server's user."""
        subprocess.run(
            [self.binaries / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self.identity(),
        )

    def identity(self) -> dict:
        """Return whom to be: the keyword arguments of Popen."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it lets somebody in."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "autovacuum": "off",  # what it does in the background costs more than it saves in minutes
            "jit": "off",
            "max_connections": 60,
            "shared_buffers": "32MB",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self.identity(),
            )
        deadline = time.monotonic() + scaled(30)
        while not self.lets_in():
            if self.child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def lets_in(self) -> bool:
        """Say whether one can log in."""
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, *, immediately: bool = False) -> None:
        """End every session and stop; immediately: without a checkpoint, as a crash does."""
        if self.child is None:
            return
        self.child.send_signal(signal.SIGQUIT if immediately else signal.SIGINT)
        self.child.wait(scaled(30))
        self.child = None

    def kill(self) -> None:
        """Kill it and every session's process at once, as the kernel does when memory is short."""
        import psutil

        assert self.child is not None
        family = [psutil.Process(self.child.pid), *psutil.Process(self.child.pid).children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):  # a session may end while we go through them
                process.kill()
        self.child.wait(scaled(30))
        psutil.wait_procs(family, timeout=scaled(30))
        self.child = None

    def create_database(self, encoding: str = "UTF8") -> str:
        """Make an empty database; return its URL."""
        name = f"test{next(self.names)}"
        locale = "" if encoding == "UTF8" else "LOCALE 'C'"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING {encoding} {locale}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database that `create_database` made, whoever is connected."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run a statement that wants no transaction."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def ask(self, expression: str) -> "str | None":
        """Return the value of an expression, as text."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            row = connection.execute(f"SELECT ({expression})::text").fetchone()  # type: ignore[arg-type]
        return row[0] if row else None

    def receive_nothing_more(self) -> None:
        """Cut a standby off: what is committed from now on never reaches it."""
        self.execute("ALTER SYSTEM SET primary_conninfo = ''")
        self.execute("SELECT pg_reload_conf()")
        wait_until(lambda: self.ask("SELECT count(*) FROM pg_stat_wal_receiver") == "0", what="the cut")

    def take_over(self, port: int) -> None:
        """Promote a standby, and let it answer where another server did."""
        assert self.ask("SELECT pg_promote()") == "true"
        self.stop()
        self.port = port
        self.start()

    def remove(self) -> None:
        """Stop it and delete its folder."""
        self.stop(immediately=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def new_server(*, durable: bool = False) -> PostgresServer:
    """Start a server, or skip the test that asks for it, visibly."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(BINARIES)
    server = PostgresServer(binaries, durable=durable)
    try:
        server.start()
    except BaseException:
        server.remove()
        raise
    return server
