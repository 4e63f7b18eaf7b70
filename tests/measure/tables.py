"""Are exports whole in the programs that people open them with? LibreOffice, pandas and DuckDB, cell by cell.

``python -m tests.measure.tables FOLDER`` writes the same rows as CSV, as CSV with the mark of UTF-8, as sheet
and as Parquet, opens each with what is here of LibreOffice (headless), pandas and DuckDB, and compares ids
and times with what was recorded. It ends with 1 if a way that docs/results.md recommends is not whole.
pandas and DuckDB are asked by ``--python``, the interpreter of an environment that has them (pandas, duckdb,
openpyxl, pyarrow).
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from daemon.settings.migration_scripts import script_location
from storage.engine import Engine, open_engine
from storage.export import export_results
from storage.ledger import Ledger
from storage.queries import results
from storage.results_view import RESULT_COLUMNS
from storage.tables.formats import writer_of
from storage.upgrade import upgrade
from storage.urls import sqlite_url
from tests.support.records import MODEL, RUN, classified, failed

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
IDS = ("scan_id", "source_name", "patient_id", "accession_number", "sop_instance_uid", "sha256")
TIMES = ("received_at", "finished_at")
PATIENTS = (
    "0010",
    "0000000000",
    "8000000000330109",
    "1E5",
    "12-11",
    "=1+1",
    "Ä-7",
    "1234567890123456",
    "+49",
    None,
)
FILES = ("rows.csv", "rows-bom.csv", "rows.xlsx", "rows.parquet")
WHOLE = {
    *(
        ("LibreOffice", "rows.xlsx"),
        ("pandas", "rows.parquet"),
        ("DuckDB", "rows.parquet"),
    ),
    *(("pandas, as text", "rows.csv"), ("DuckDB, as text", "rows.csv"), ("pandas, as text", "rows-bom.csv")),
    ("pandas, as text", "rows.xlsx"),
}
"""What docs/results.md recommends."""

PANDAS = """
import json, sys, pandas
path, as_text = sys.argv[1], sys.argv[2] == "text"
ways = {"csv": pandas.read_csv, "xlsx": pandas.read_excel, "parquet": pandas.read_parquet}
read = ways[path.rsplit(".")[-1]]
times = ["received_at", "finished_at"]
ids = ["patient_id", "accession_number"]
is_sheet = path.endswith("xlsx")
table = read(path, dtype=dict.fromkeys(ids, str) if is_sheet else str) if as_text else read(path)
if as_text and not is_sheet:
    table[times] = table[times].apply(lambda one: pandas.to_datetime(one, utc=True))
for name in times:
    is_time = pandas.api.types.is_datetime64_any_dtype(table[name])
    if is_time and table[name].dt.tz is None:  # a sheet's times have no zone: they are in UTC
        table[name] = table[name].dt.tz_localize("UTC")
    table[name] = table[name].map(lambda one: pandas.Timestamp(one).isoformat() if is_time else "text")
rows = table.astype(object).where(table.notna(), None).to_dict("records")
rows = [{name: None if v is None else str(v) for name, v in row.items()} for row in rows]
print(json.dumps({"rows": rows}))
"""
DUCKDB = """
import json, sys, duckdb
path, as_text = sys.argv[1], sys.argv[2] == "text"
source = f"'{path}'" if not as_text else (
    f"read_csv('{path}', all_varchar = true)")
times = ("received_at", "finished_at")
found = duckdb.sql("SET TimeZone = 'UTC'") or duckdb.sql(f"SELECT * FROM {source}")
kinds = dict(zip(found.columns, map(str, found.types)))
shown = ", ".join(
    f"strftime(({name}::TIMESTAMPTZ) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f') || '+00:00'"
    if name in times and (as_text or kinds[name].startswith("TIMESTAMP")) else f"{name}::VARCHAR"
    for name in found.columns)
rows = duckdb.sql(f"SELECT {shown} FROM {source}").fetchall()
print(json.dumps({"rows": [dict(zip(found.columns, row)) for row in rows]}))
"""
Row = dict[str, str | None]


def say(line: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fill(folder: Path) -> Engine:
    """Record rows whose ids look like numbers, dates and formulas."""
    engine = open_engine(sqlite_url(folder / "results.db"))
    upgrade(engine, script_location())
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    scans = [
        classified(
            number, patient_id=patient, accession_number=f"{number:08d}", source_name=f"röntgen/{number}.dcm"
        )
        for number, patient in enumerate(PATIENTS, start=1)
    ]
    ledger.record([*scans, failed(len(scans) + 1)], ledger.begin_run(RUN))
    return engine


def as_written(row: Row) -> Row:
    """Return a row as a CSV has it: with an apostrophe before what a spreadsheet takes for a formula."""
    return {name: f"'{text}" if text and text[0] in "=+-@" else text for name, text in row.items()}


def expected(engine: Engine) -> list[Row]:
    """Return the ids and times that were recorded."""
    return [
        {name: row[name] for name in IDS} | {name: row[name].isoformat() for name in TIMES}
        for row in results(engine)
    ]


def libreoffice(path: Path, how: str) -> list[Row]:
    """Open a file in LibreOffice, and read which cells it then has: texts, numbers or times."""
    out = path.parent / f"opened-{path.name}-{how}"
    profile = f"-env:UserInstallation=file://{path.parent / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "fods", "--outdir", str(out), str(path)]
    if how:
        columns = "/".join(f"{number}/2" for number in range(1, len(RESULT_COLUMNS) + 1))  # 2: text
        command.insert(3, f"--infilter=Text - txt - csv (StarCalc):44,34,76,1,{columns}")
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    header, *rows = cells_of(out / f"{path.stem}.fods")
    return [dict(zip(header, row, strict=False)) for row in rows]


def cells_of(sheet: Path) -> list[list[str]]:
    """Read a flat OpenDocument sheet; a time is written with its zone, in which the file has it: UTC."""
    rows = []
    for row in ET.parse(sheet).iter(f"{TABLE}table-row"):  # noqa: S314 -- our own
        cells: list[str] = []
        for cell in row.iter(f"{TABLE}table-cell"):
            moment = cell.get(f"{OFFICE}date-value")
            text = "".join("".join(part.itertext()) for part in cell.iter(f"{TEXT}p"))
            shown = text if moment is None else f"{moment}+00:00"
            cells += [shown] * min(int(cell.get(f"{TABLE}number-columns-repeated", "1")), 50)
        if any(cells):
            rows.append(cells)
    return rows


def asked(python: str, script: str) -> Callable[[Path, str], list[Row]]:
    """Return what reads a file by a script of another environment."""

    def read(path: Path, how: str) -> list[Row]:
        command = [python, "-c", script, str(path), how]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
        rows: list[Row] = json.loads(done.stdout)["rows"]
        return rows

    return read


def same_time(shown: str | None, recorded: str | None) -> bool:
    """Say whether a time is the one that was recorded, to the millisecond that a sheet keeps."""
    if not shown or not recorded:
        return shown == recorded
    if not shown.endswith("+00:00"):  # what a reader knows for a time is written so
        return False
    return abs((datetime.fromisoformat(shown) - datetime.fromisoformat(recorded)).total_seconds()) < 0.001


def differences(shown: list[Row], recorded: list[Row]) -> list[str]:
    """Say what is not as it was recorded, an example of each column."""
    if len(shown) != len(recorded):
        return [f"{len(shown)} rows of {len(recorded)}"]
    pairs = list(zip(shown, recorded, strict=True))
    found = []
    for name in IDS:
        bad = [(one.get(name), other[name]) for one, other in pairs if (one.get(name) or None) != other[name]]
        found += [f"`{name}` {was} became {now}" for now, was in bad[:2]]
    for name in TIMES:
        bad = [one.get(name) for one, other in pairs if not same_time(one.get(name), other[name])]
        found += [f"`{name}` is text: {now}" for now in bad[:1]]
    return found


def main() -> None:
    """Write, open, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable, help="that has pandas and duckdb")
    options = parser.parse_args()
    folder = options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    engine = fill(folder)
    recorded = expected(engine)
    for name in FILES:
        export_results(engine, folder / name, write=writer_of(name, bom="bom" in name))
    engine.dispose()
    pandas, duckdb = asked(options.python, PANDAS), asked(options.python, DUCKDB)
    readers = {
        "LibreOffice": (libreoffice, ""),
        "LibreOffice, as text": (libreoffice, "text"),
        "pandas": (pandas, ""),
        "pandas, as text": (pandas, "text"),
    }
    readers |= {"DuckDB": (duckdb, ""), "DuckDB, as text": (duckdb, "text")}
    say("| opened by | file | ids and times |\n|---|---|---|")
    is_bad = False
    for reader, (read, how) in readers.items():
        for name in FILES:
            is_sheet = name.endswith("xlsx")
            is_asked = name.endswith("csv") or (is_sheet and read is pandas)
            if (how and not is_asked) or (reader == "DuckDB" and is_sheet):
                continue
            try:
                shown = read(folder / name, how)
            except (OSError, subprocess.SubprocessError) as error:
                detail = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
                say(f"| {reader} | {name} | not opened: {' '.join(map(str, detail))} |")
                is_bad |= (reader, name) in WHOLE
                continue
            wanted = list(map(as_written, recorded)) if name.endswith("csv") else recorded
            found = differences(shown, wanted)
            is_bad |= bool(found) and (reader, name) in WHOLE
            say(f"| {reader} | {name} | {'; '.join(found) or 'whole'} |")
    sys.exit(1 if is_bad else 0)


if __name__ == "__main__":
    main()
