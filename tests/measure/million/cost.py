"""What the indexes of the newest revision cost the recorder: rounds in turn, with and without them.

``python -m tests.measure.million.cost build/million/rows-1000000.db`` works on two copies beside the database
of SQLite, and removes them. Prints medians.
"""

import argparse
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from storage.urls import sqlite_url

COMES = ("region", "modality")
SECONDS = 5.0


def without(path: Path) -> None:
    """Take back what revision 0009 does to indexes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in (*COMES, "finished_at"):
            connection.execute(f"DROP INDEX ix_scans_{name}")
        connection.execute("CREATE INDEX ix_scans_finished_at ON scans (finished_at)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def recorded(path: Path) -> dict[str, float]:
    """Record batches of 16, one after the other; return what came of it."""
    command = [sys.executable, "-m", "tests.measure.million.recorder", sqlite_url(path), "0", str(SECONDS)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    copies = {name: options.database.resolve().with_suffix(f".{name}") for name in ("with", "without")}
    for copy in copies.values():
        shutil.copy(options.database, copy)
    without(copies["without"])
    found: dict[str, list[dict[str, float]]] = {name: [] for name in copies}
    for _ in range(options.rounds):
        for name, copy in copies.items():
            found[name].append(recorded(copy))
    sys.stdout.write("| indexes of 0009 | ms a row | processor ms a row | rows/s |\n|---|---|---|---|\n")
    for name, rounds in found.items():
        cells = (
            statistics.median(one[of] for one in rounds)
            for of in ("ms_a_row", "processor_ms_a_row", "rows_per_s")
        )
        sys.stdout.write(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |\n")
    for copy in copies.values():
        for path in (copy, *(copy.with_name(copy.name + ending) for ending in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
