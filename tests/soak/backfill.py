"""An archive of small files answered on PostgreSQL by a process that is killed again and again.

    python -m tests.soak.backfill [FILES] [KILLS] [FOLDER]

Then: has each file exactly one row, is each original as it was, how many rows a second were written, and did
the memory of the process that coordinates stay what it was?
"""

import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import psutil
import psycopg

from daemon.settings.migration_scripts import script_location
from storage.engine import open_engine
from storage.ledger import Ledger
from storage.upgrade import bring_to_head
from tests.support.daemons import environment
from tests.support.postgres import PostgresServer, find_binaries
from tests.support.records import MODEL, RUN, classified

A_FOLDER = 500
SIDE = 16
SHARE = (0.1, 0.9)
"""Of an even part of the files: so many rows a start writes before it is killed."""


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def picture(number):
    """Make a grey PNG of 16 x 16 that no other number has; ten times as fast as a library."""
    rows = b"".join(b"\0" + struct.pack(">Q", number * SIDE + row) * (SIDE // 8) for row in range(SIDE))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def make(archive, files):
    for number in range(files):
        folder = archive / f"{number // A_FOLDER:05}"
        if number % A_FOLDER == 0:
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(picture(number))


def looks(archive):
    found = {}
    for path in archive.rglob("*.png"):
        status = path.lstat()
        found[path.name] = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found


class Backfill:
    """A process that answers an archive, and the most memory that it alone had."""

    def __init__(self, archive, spool, database, log):
        command = [sys.executable, "-m", "daemon", "backfill", str(archive), "--oldest-first", "--json"]
        settings = {"database_url": database, "log_level": "warning"}
        self.output = (spool.parent / "output").open("w+b")
        self.process = psutil.Popen(
            command, env=environment(spool, **settings), stdout=self.output, stderr=log
        )
        self.seen = []

    def memory(self):
        try:
            self.seen.append(self.process.memory_info().rss >> 20)
        except psutil.Error:
            return

    def result(self):
        self.output.seek(0)
        return json.loads(self.output.read() or b"{}")


def count(database):
    try:
        with psycopg.connect(database) as connection:
            return connection.execute("SELECT count(*), count(DISTINCT source_name) FROM scans").fetchone()
    except psycopg.errors.UndefinedTable:
        return 0, 0


def alone(database, batches=60, rows=64):
    """Say how many rows a second the database takes, with nothing else to do: transactions of 64, synced."""
    engine = open_engine(database)
    bring_to_head(engine, script_location())
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run_id = ledger.begin_run(RUN)
    batch = [[classified(number * rows + row) for row in range(rows)] for number in range(batches)]
    began = time.monotonic()
    for some in batch:
        ledger.record(some, run_id)
    seconds = time.monotonic() - began
    engine.dispose()
    return f"PostgreSQL alone: {batches * rows / seconds:.0f} rows a second in transactions of {rows}"


def sizes(database, total):
    """Say what a row takes in the database, and its indexes."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        tables = connection.execute(
            "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
            " WHERE relname IN ('scans', 'predictions') ORDER BY relname"
        ).fetchall()
    each = ", ".join(
        f"{name}: table {table / total:.0f}, indexes {index / total:.0f}" for name, table, index in tables
    )
    return f"bytes a row: {each}"


def prove(archive, spool, database, files, kills, log):
    """Answer, kill, go on; give seconds of the last start, its rows, and what memory was seen."""
    rng, memory = random.Random(7), []  # noqa: S311 -- of a test
    for number in range(kills + 1):
        before, began = count(database)[0], time.monotonic()
        backfill = Backfill(archive, spool, database, log)
        enough = before + rng.uniform(*SHARE) * files / (kills + 1) if number < kills else files + 1
        while backfill.process.poll() is None and count(database)[0] < enough:
            time.sleep(0.2)
            backfill.memory()
        if number < kills:
            backfill.process.send_signal(signal.SIGKILL)
        backfill.process.wait()
        memory.append(backfill.seen)
        say(f"  start {number + 1}: {count(database)[0]} rows, {max(backfill.seen or [0])} MB at most")
    return time.monotonic() - began, count(database)[0] - before, memory, backfill.result()


def main():
    files, kills = (int(word) for word in (sys.argv[1:3] + ["100000", "10"][len(sys.argv[1:3]) :]))
    base = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(tempfile.mkdtemp(prefix="inboxray-backfill-"))
    archive, spool = base / "archive", base / "spool"
    make(archive, files)
    before = looks(archive)
    server = PostgresServer(find_binaries(), durable=True)
    server.start()
    try:
        say(alone(server.create_database()))
        database = server.create_database()
        say(f"{files} files, {kills} kills; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        with (base / "log").open("wb") as log:
            seconds, rows, memory, state = prove(archive, spool, database, files, kills, log)
        total, names = count(database)
        say(f"rows {total}, files with a row {names}, lost {files - names}, twice {total - names}")
        is_untouched = looks(archive) == before
        say(f"originals as they were: {is_untouched}")
        say(f"the last start: {rows} rows in {seconds:.0f} s, {rows / seconds:.0f} a second")
        say(sizes(database, total))
        last = memory[-1]
        quarter = max(1, len(last) // 4)
        say(f"its memory, MB: first quarter {max(last[:quarter])}, last quarter {max(last[-quarter:])}")
        say(f"state {state.get('state')}, done {state.get('done')} of {state.get('total')}")
    finally:
        server.stop()
        subprocess.run(["rm", "-rf", str(base)], check=False)
    sys.exit(0 if (total, names, is_untouched) == (files, files, True) else 1)


if __name__ == "__main__":
    main()
