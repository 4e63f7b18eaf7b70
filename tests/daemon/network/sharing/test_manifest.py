"""The manifest has an answer, and of the row nothing that tells whose it is.

Break it: take body part or patient from the row.
"""

from datetime import timedelta

import pytest

from daemon.network.sharing.manifest import COLUMNS, row_of, table
from model.header import Header
from storage.scan_detail import scan
from tests.support.records import classified, scan_id


@pytest.fixture
def detail(ledger, engine_of):
    ledger.record([classified(1, patient_id="Doe", body_part_examined="HAND of Doe")], engine_of.run)
    return scan(engine_of.engine, scan_id(1))


def test_times_are_moved_and_the_header_is_that_of_the_new_file(detail):
    header = Header(format="dicom", patient_id="P1", body_part_examined="HAND", study_instance_uid="2.25.1")
    row = row_of(detail, header, -timedelta(days=366))
    assert set(row) | {"file", "sha256", "scan", "burned_in", "warnings", "objects"} == set(COLUMNS)
    assert row["answered_at"] == "2025-11-22T12:00:01.250000Z"
    assert (row["patient_id"], row["body_part_examined"], row["decision"]) == ("P1", "HAND", "fractured")
    assert "Doe" not in str(row)


def test_a_text_is_never_a_formula():
    written = table(("a", "b", "probability"), [{"a": "=1+2", "b": None, "probability": 0.5}])
    assert written == b"a,b,probability\n'=1+2,,0.500000\n"
