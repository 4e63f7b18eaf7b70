"""A large results database, made in a minute: rows as a daemon writes them in a year, drawn by a fixed seed.

The distribution is that of a hospital's mix: one of six scans suspicious, failures, duplicates of names, two
dozen devices of which some are rare, three pictures a study, requeues, canaries and reviews.
"""

import io
import random
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.engine import open_engine
from storage.times import format_utc
from storage.upgrade import upgrade
from storage.urls import sqlite_url

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"
END = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = 365
MAP = struct.pack("<196f", *range(196))
DECISIONS = (("fractured", 0.2), ("uncertain", 0.08), ("abstained", 0.03), ("not_fractured", 0.69))
CODES = (
    ("failed", "truncated", 0.5),
    ("failed", "bad_header", 0.14),
    ("failed", "crashed_daemon", 0.0006),
    ("rejected", "no_image", 0.3),
    ("rejected", "excluded_modality", 0.0594),
)
MODALITIES = (("DX", 0.6), ("CR", 0.35), ("RF", 0.048), ("SR", 0.002))
REGIONS = (("hand", 0.5), ("leg", 0.38), ("shoulder", 0.1), ("hip", 0.018), ("several", 0.002))
WARNINGS = (
    ("[]", 0.93),
    ('["pixels_not_square"]', 0.06),
    ('["half_size"]', 0.009),
    ('["rle_surplus"]', 0.001),
)
COLUMNS = (
    *("scan_id", "run_id", "received_at", "finished_at", "source_name", "outcome", "error_code", "decision"),
    *("probability", "score", "model_id", "pipeline_version", "frames", "modality", "body_part_examined"),
    *("laterality", "view_position", "patient_id", "accession_number", "study_instance_uid"),
    *("series_instance_uid", "sop_instance_uid", "transfer_syntax_uid", "rows", "columns", "size_bytes"),
    *("sha256", "requeued_from", "stored_path", "attempts", "warnings", "durations", "is_canary", "device"),
    *("manufacturer", "manufacturer_model_name", "station_name", "region", "prevalence"),
)
PREDICTIONS = (
    *("scan_seq", "model_id", "frame", "logit", "score", "probability", "distance", "decision", "heat_map"),
    "region",
)
REVIEWS = ("scan_seq", "reviewed_at", "reviewer", "verdict", "model_id", "decision")
MODEL_COLUMNS = "name, version, sha256, thresholds, calibration"
RUN = "INSERT INTO runs (started_at, host, version, settings_digest, pid) VALUES ('{}', 'h', '1', 'd', 1)"
MODEL = f"INSERT INTO models ({MODEL_COLUMNS}) VALUES ('inboxray', '2.0.0', '{'a' * 64}', '{{}}', '{{}}')"  # noqa: S608


def uid(number: int) -> str:
    """Return a UID as long as those of devices."""
    return f"1.2.276.0.7230010.3.1.4.8323329.{1_000_003 * number % 999_999_937:09d}.{number:010d}"


def scan_id(moment: datetime, number: int) -> str:
    """Return an id whose beginning is the time, and whose end is scattered, as UUIDv7 has it."""
    ms = f"{int(moment.timestamp() * 1000):012x}"
    scattered = number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return f"{ms[:8]}-{ms[8:]}-7{number & 0xFFF:03x}-8{scattered >> 52:03x}-{scattered & 0xFFFFFFFFFFFF:012x}"


class Drawn:
    """Draws rows one after the other.

    Parameters
    ----------
    size : int
        How many there will be.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.random = random.Random(20261123)  # noqa: S311
        self.devices = [(f"{n:032x}", f"Maker {n % 5}", f"Model {n % 11}", f"ROOM{n:02d}") for n in range(24)]
        self.shares = [1 / (n + 1) ** 1.6 for n in range(24)]

    def one_of(self, ways: tuple) -> tuple:
        """Draw one of some ways, each with its share at its end."""
        return self.random.choices(ways, [way[-1] for way in ways])[0]

    def scans(self) -> Iterator[tuple]:
        """Yield rows of `scans`, times as datetimes."""
        failed: list[str] = []
        for number in range(1, self.size + 1):
            finished = END - timedelta(days=DAYS) * ((self.size - number) / self.size)
            row = self._scan(number, finished, failed)
            if row[5] == "failed":
                failed.append(row[0])
            yield row

    def _scan(self, number: int, finished: datetime, failed: list[str]) -> tuple:
        draw = self.random.random
        is_answered = draw() < 0.94
        outcome, code = ("classified", None) if is_answered else self.one_of(CODES)[:2]
        decision = self.one_of(DECISIONS)[0] if is_answered else None
        low, width = {"fractured": (0.6, 0.4), "not_fractured": (0.0, 0.2)}.get(str(decision), (0.0, 1.0))
        probability = low + width * draw() if is_answered else None
        study = number // 3
        requeued = failed[-1 - int(draw() * min(50, len(failed)))] if failed and draw() < 0.005 else None
        device, *names = self.random.choices(self.devices, self.shares)[0]
        day = f"{finished:%Y-%m-%d}"
        return (
            *(scan_id(finished, number), 1, finished - timedelta(milliseconds=400), finished),
            *(f"ward{study % 7}/{day}/IM{number:08d}.dcm", outcome, code, decision, probability, probability),
            *((1, "1", 1) if is_answered else (None, None, None)),
            *(self.one_of(MODALITIES)[0], "HAND", "L", "PA", f"{study // 2:010d}", f"A{study:09d}"),
            *(uid(study), uid(2_000_000 + number // 2), uid(5_000_000 + number), "1.2.840.10008.1.2.1"),
            *(2500, 2048, 10_240_512, f"{self.random.getrandbits(256):064x}", requeued),
            f"{'failed' if outcome == 'failed' else 'done'}/{day}/ward{study % 7}/{day}/IM{number:08d}.dcm",
            *(
                1,
                self.one_of(WARNINGS)[0],
                '{"decode": 0.25, "classify": 0.0125}',
                number % 2000 == 0,
                device,
            ),
            *(*names, self.one_of(REGIONS)[0] if is_answered else None, 0.12 if is_answered else None),
        )


def predictions(seq: int, row: tuple) -> tuple:
    """Return the row of `predictions` that goes with a classified scan."""
    return (seq, 1, 1, 1.5, row[9], row[8], 3.5, row[7], MAP, row[-2])


def reviews(seq: int, row: tuple) -> tuple:
    """Return the row of `reviews` of a scan that was reviewed."""
    return (seq, row[3] + timedelta(minutes=5), "anna", "agree" if seq % 9 else "disagree", 1, row[7])


def is_reviewed(seq: int) -> bool:
    """Say whether a classified scan was reviewed: one of a hundred."""
    return seq % 100 == 7


def fill_sqlite(path: Path, size: int) -> str:
    """Make a database of so many rows in a file; return its URL."""
    url = sqlite_url(path)
    engine = open_engine(url)
    upgrade(engine, MIGRATIONS)
    engine.dispose()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        indexes = connection.execute(made).fetchall()
        connection.execute("BEGIN")
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(RUN.format(format_utc(END)))
        connection.execute(MODEL)
        inserts = [
            _insert("scans", COLUMNS),
            _insert("predictions", PREDICTIONS),
            _insert("reviews", REVIEWS),
        ]
        for some in _chunks(size):
            for statement, rows in zip(inserts, some, strict=True):
                connection.executemany(statement, (tuple(map(_plain, row)) for row in rows))
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return url


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608


def _plain(value: object) -> object:
    return format_utc(value) if isinstance(value, datetime) else value


def _chunks(size: int, length: int = 20_000) -> Iterator[tuple[list[tuple], list[tuple], list[tuple]]]:
    scans: list[tuple] = []
    first = 1
    for row in Drawn(size).scans():
        scans.append(row)
        if len(scans) == length or first + len(scans) - 1 == size:
            answered = [(seq, one) for seq, one in enumerate(scans, start=first) if one[7] is not None]
            reviewed = [reviews(seq, one) for seq, one in answered if is_reviewed(seq)]
            yield scans, [predictions(seq, one) for seq, one in answered], reviewed
            first += len(scans)
            scans = []


def fill_postgres(url: str, size: int) -> str:
    """Fill an empty database of a server with so many rows; return its URL."""
    import psycopg

    engine = open_engine(url)
    upgrade(engine, MIGRATIONS)
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        found = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('scans', 'reviews')"
            " AND indexname LIKE 'ix_%'"
        )
        indexes = connection.execute(found).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(RUN.format(format_utc(END)))
        connection.execute(MODEL)
        tables = (("scans", COLUMNS), ("predictions", PREDICTIONS), ("reviews", REVIEWS))
        for some in _chunks(size):
            for (table, columns), rows in zip(tables, some, strict=True):
                _copy(connection, table, columns, rows)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")
    return url


def _copy(connection, table: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    text = io.StringIO()
    for row in rows:
        text.write("\t".join(map(_cell, row)) + "\n")
    with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        copy.write(text.getvalue())


def _cell(value: object) -> str:
    if value is None:
        return r"\N"
    return r"\\x" + value.hex() if isinstance(value, bytes) else str(value)
