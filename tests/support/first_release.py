"""A database as the first release left it: at revision 0001, with rows of every outcome.

Written in SQL, because today's code writes today's schema. As a program, with a path and a number of rows:
python -m tests.support.first_release results.db 50
"""

import sys
from pathlib import Path

from alembic import command

from storage.engine import Engine, open_engine
from storage.upgrade import configuration
from storage.urls import sqlite_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
AT = "'2026-11-23T12:00:00.000000Z'"
RUN = (
    f"INSERT INTO runs (started_at, host, version, settings_digest, pid) VALUES ({AT}, 'h', '0.1.0', 'd', 1)"  # noqa: S608
)
MODEL = (
    "INSERT INTO models (name, version, sha256, thresholds, calibration)"  # noqa: S608 -- as above
    f" VALUES ('first', '1', '{'a' * 64}', '{{}}', '{{}}')"
)
SCAN = (
    "INSERT INTO scans (scan_id, run_id, received_at, finished_at, source_name, outcome,"  # noqa: S608 -- as above
    " error_code, decision, probability, score, model_id, sha256, stored_path, attempts, warnings, durations)"
    f" VALUES ('01935a7c-0000-7000-8000-{{0:012d}}', 1, {AT}, {AT}, '{{0}}.dcm', {{1}}, '{{0:064d}}',"
    " 'done/2026-11-23/{0}.dcm', 1, '[]', '{{}}')"
)
PREDICTION = (
    "INSERT INTO predictions (scan_seq, model_id, frame, logit, score, probability, decision)"
    " VALUES ({0}, 1, 1, 1.5, 0.25, 0.5, 'fractured')"
)
ANSWERS = (
    "'classified', NULL, 'fractured', 0.5, 0.25, 1",
    "'rejected', 'no_image', NULL, NULL, NULL, NULL",
    "'failed', 'truncated', NULL, NULL, NULL, NULL",
)


def fill(engine: Engine, scans: int) -> None:
    """Make the tables of revision 0001 in an empty database, and rows in turn of each outcome."""
    with engine.begin() as connection:
        command.upgrade(configuration(connection, MIGRATIONS), "0001")
        for statement in (RUN, MODEL):
            connection.exec_driver_sql(statement)
        for seq in range(1, scans + 1):
            answer = ANSWERS[(seq - 1) % len(ANSWERS)]
            connection.exec_driver_sql(SCAN.format(seq, answer))
            if answer is ANSWERS[0]:
                connection.exec_driver_sql(PREDICTION.format(seq))


if __name__ == "__main__":
    made = open_engine(sqlite_url(Path(sys.argv[1])))
    fill(made, int(sys.argv[2]))
    made.dispose()
