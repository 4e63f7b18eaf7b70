import csv
import io
import json

import pytest
from rich.cells import cell_len

from storage.study import STUDY_COLUMNS
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id
from tests.support.terminals import AtTerminal


@pytest.fixture
def spool(tmp_path):
    study = {"study_instance_uid": "1.2", "patient_id": "=P", "accession_number": "A"}
    return fill(
        tmp_path / "spool",
        [
            classified(1, decision="not_fractured", probability=0.1, **study),
            classified(2, decision="abstained", probability=0.5, **study),
            failed(3, study_instance_uid="1.2"),
            classified(4, probability=0.9),
            failed(5),
        ],
    )


def test_csv_and_json_have_a_row_a_study(spool, call):
    printed = call(spool, "results", "--by-study", "--format", "csv").stdout
    first, *rows = csv.reader(io.StringIO(printed))
    assert tuple(first) == STUDY_COLUMNS
    made = dict(zip(first, rows[0], strict=True))
    assert (made["scan_id"], made["decision"], made["scans"]) == (scan_id(2), "abstained", "3")
    assert (made["patient_id"], made["probability"]) == ("'=P", "0.500000")
    assert made["incomplete"] == f"{scan_id(2)};{scan_id(3)}"
    listed = json.loads(call(spool, "results", "--by-study", "--json", "--sort", "suspicious").stdout)
    assert [row["scan_id"] for row in listed] == [scan_id(number) for number in (4, 2, 5)]
    assert listed[0]["incomplete"] is None


def test_a_table_counts_studies_and_names_what_they_lack(spool, call):
    end = call(spool, "results", "--by-study", "--study", "1.2")
    assert end.returncode == 0, end.stderr
    assert "1 failed, 1 abstained" in end.stdout
    assert scan_id(2) in end.stdout
    assert "1 study" in end.stderr
    assert "2 studies" in call(spool, "results", "--by-study", "--limit", "2").stderr


def test_a_narrow_terminal_is_not_overrun(spool):
    with AtTerminal(spool, "results", "--by-study", columns=100) as terminal:
        assert terminal.end() == 0
    assert max(map(cell_len, terminal.plain.splitlines())) <= 100
    assert scan_id(4)[-12:] in terminal.plain


def test_studies_are_not_watched(spool, call):
    end = call(spool, "results", "--by-study", "--watch")
    assert (end.returncode, "--by-study" in end.stderr) == (64, True)
