"""What an audit says on paper, and what it leaves out; from real files: `test_audit`."""

import csv
import json

import numpy as np

from model.lab.audit.report import as_json, as_markdown, table, write_report
from tests.support.audits import audit_of, audited

YES, NO = "fractured", "not_fractured"
SQUARE = np.full((224, 224), 128, np.uint8)
AUDIT = audit_of(
    audited("a" * 64, (YES, "train"), (YES, "test"), source="1", patient="A", square=SQUARE, size=(300, 200)),
    audited("b" * 64, (NO, "test"), source="2", patient="B", square=SQUARE, size=(9, 9)),
    audited("c" * 64, (YES, ""), source="3", patient="C", square=SQUARE, size=(9, 9)),
    audited("d" * 64, (NO, ""), source="3", patient="C", square=SQUARE, size=(9, 9)),
    audited("e" * 64, (NO, ""), source="4", patient="D", error_code="truncated"),
)


def test_the_table_counts_leaks_findings_and_why_there_is_no_floor():
    rows = dict(table(AUDIT))

    assert rows["rows"] == "6"
    assert rows["test rows with the same bytes in train"] == "1 of 2"
    assert rows["broken: truncated"] == "1 files; sources: 1 not_fractured"
    assert rows["style floor"] == "too few patients"
    assert as_markdown(AUDIT).count("\n| ") == 1 + len(rows)


def test_the_manifest_has_what_can_be_learned_from(tmp_path):
    write_report(AUDIT, tmp_path)
    with (tmp_path / "manifest.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))

    assert [(row["label"], row["source_group"], row["patient_group"]) for row in rows] == [
        (YES, "1", "A"),
        (NO, "2", "B"),
    ]


def test_a_sheet_is_drawn_for_what_there_is(tmp_path):
    write_report(AUDIT, tmp_path)

    assert {path.name for path in tmp_path.glob("*.png")} == {"source-01.png", "contradictions.png"}


def test_json_names_files_by_their_hashes(tmp_path):
    write_report(AUDIT, tmp_path)
    plain = json.loads((tmp_path / "audit.json").read_text())

    assert plain == json.loads(json.dumps(as_json(AUDIT)))
    assert plain["contradictions"] == [{"source": "3", "sha256": ["c" * 64, "d" * 64]}]
    assert plain["leak"]["test"] == {"rows": 2, "exact": 1, "copies": 1, "patients": 1}
    assert plain["findings"]["broken: truncated"]["is_heuristic"] is False
    assert len(plain["files"]) == 5
