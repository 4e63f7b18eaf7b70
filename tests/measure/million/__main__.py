"""A million rows: how long each question of the page takes beside a recorder, with which plan; and exports.

``python -m tests.measure.million FOLDER --size 1000000`` makes the databases in FOLDER, on SQLite and in a
PostgreSQL server of its own, unless `--database` names one, and keeps those of SQLite for the next time.
Prints tables in Markdown.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from daemon.spool.folders import Spool
from daemon.web.pages import Pages
from storage.engine import open_engine
from storage.upkeep import optimize
from storage.urls import sqlite_url
from tests.measure.million.questions import Asked, newest
from tests.measure.million.rows import END, fill_postgres, fill_sqlite
from tests.measure.million.summary import summary
from tests.support.postgres import new_server

LIMIT_MS = 150
RATE = 20
MOST_S = 4.0
"""For the rounds of one question: one that takes long is asked less often."""

EXPORT = """
import re, sys, time
from pathlib import Path
from storage.engine import open_engine
from storage.export import export_results
from storage.tables.formats import writer_of
begin = time.perf_counter()
target = Path(sys.argv[2])
rows = export_results(open_engine(sys.argv[1], readonly=True), target, write=writer_of(target.name))
took = time.perf_counter() - begin
most = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())  # ru_maxrss is also the parent's
print(rows, round(took, 1), int(most[1]) // 1024, time.process_time())
"""


def say(line: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def recorder(url: str, rate: float, seconds: float) -> Iterator[dict[str, float]]:
    """Record beside what is measured, in a process of its own, until that ends; then say what came of it."""
    command = [sys.executable, "-m", "tests.measure.million.recorder", url, str(rate), str(seconds)]
    found: dict[str, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield found
        finally:
            child.terminate()
            assert child.stdout is not None
            found |= json.loads(child.stdout.read() or "{}")


def recorded(url: str, rate: float, seconds: float) -> dict[str, float]:
    """Record alone; return what came of it."""
    with recorder(url, rate, 1000 * seconds) as found:
        time.sleep(seconds)
    return found


def rounds(question: object, times: int) -> list[float]:
    """Return the milliseconds of each round, in order; the first, which warms up, is left out."""
    question()
    spent: list[float] = []
    while len(spent) < times and (len(spent) < 3 or sum(spent) < 1000 * MOST_S):
        begin = time.perf_counter()
        question()
        spent.append(1000 * (time.perf_counter() - begin))
    return sorted(spent)


def ask_all(url: str, folder: Path, size: int, times: int, only: str) -> None:
    """Print how long each question takes while rows are recorded, and its plan."""
    engine = open_engine(url, readonly=True)
    spool = folder / "spool"
    (spool / "inbox").mkdir(parents=True, exist_ok=True)
    asked = Asked(Pages(engine, Spool(spool), None, clock=lambda: END + timedelta(minutes=1)), engine)
    parts = only.split("|")
    named = asked.all(size, newest(engine))
    chosen = [(name, one) for name, one in named if any(part in name for part in parts)]
    say("| question | p50, ms | p95, ms | plan |\n|---|---|---|---|")
    p95s: dict[str, float] = {}
    for name, question in chosen:
        spent = rounds(question, times)
        p95 = spent[min(len(spent) - 1, int(0.95 * len(spent)))]
        p95s[name] = p95
        mark = "" if p95 < LIMIT_MS else " **over**"
        say(f"| {name} | {statistics.median(spent):.0f} | {p95:.0f}{mark} | {asked.plan(question)} |")
    within = sum(p95 < LIMIT_MS for p95 in p95s.values())
    say(f"\n{within} of {len(chosen)} questions within {LIMIT_MS} ms (p95 of up to {times})\n")
    say("\n".join(summary(p95s)) + "\n")
    engine.dispose()


def ask_beside(url: str, folder: Path, options: argparse.Namespace) -> None:
    """Ask everything beside a recorder, and print what both say."""
    alone = recorded(url, RATE, options.seconds)
    with recorder(url, RATE, 1e6) as beside:
        ask_all(url, folder, options.size, options.rounds, options.only)
    for words, found in (("alone", alone), ("beside the page", beside)):
        if not found:
            say(f"- recorder {words}: ended before it had recorded anything")
            continue
        say(
            f"- recorder at {RATE} rows/s {words}: {100 * found['rows'] / found['due']:.1f} % of its rows, "
            f"a commit {found['commit_p50_ms']:.0f} ms (p50), {found['commit_p95_ms']:.0f} ms (p95), "
            f"{found['commit_max_ms']:.0f} ms at most"
        )


def export_all(url: str, folder: Path) -> None:
    """Print how long an export of everything takes in a process of its own, and its memory."""
    say(
        "\n| export of all | rows | s | processor s | most memory, MB | file, MB |\n|---|---|---|---|---|---|"
    )
    for name in ("all.csv", "all.parquet", "all.jsonl", "all.xlsx"):
        command = [sys.executable, "-c", EXPORT, url, folder / name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            say(f"| {name} | {done.stderr.strip().splitlines()[-1]} | | | | |")
            continue
        rows, took, memory, processor = done.stdout.split()
        size = (folder / name).stat().st_size / 1e6
        say(f"| {name} | {rows} | {took} | {float(processor):.1f} | {memory} | {size:.0f} |")
        (folder / name).unlink()


def measure(url: str, folder: Path, options: argparse.Namespace) -> None:
    """Print all of one database."""
    if "questions" in options.parts:
        ask_beside(url, folder, options)
    if "exports" in options.parts:
        export_all(url, folder)


def main() -> None:
    """Make the databases that are missing, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--database", default="", help="sqlite, postgres or a URL with rows of this script")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=15, help="of the recorder alone")
    parser.add_argument("--only", default="", help="parts of names of questions, with | between")
    parser.add_argument("--parts", default="questions,exports")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    say(f"{platform.machine()}, {os.cpu_count()} cores, load {load}, {options.size:,} rows\n")
    if options.database in ("", "sqlite"):
        say("## SQLite\n")
        measure(sqlite_of(options), options.folder, options)
    if options.database in ("", "postgres"):
        say("\n## PostgreSQL\n")
        server = new_server(durable=True)
        try:
            measure(fill_postgres(server.create_database(), options.size), options.folder, options)
        finally:
            server.remove()
    if "://" in options.database:
        measure(options.database, options.folder, options)


def sqlite_of(options: argparse.Namespace) -> str:
    """Return the URL of a database on SQLite with the nightly job's statistics, made if it is missing."""
    path = options.folder.absolute() / f"rows-{options.size}.db"
    if not path.exists():
        fill_sqlite(path.with_suffix(".new"), options.size)
        optimize(path.with_suffix(".new"))
        path.with_suffix(".new").rename(path)
    return sqlite_url(path)


if __name__ == "__main__":
    main()
