from dataclasses import fields

import pytest

from storage.errors import DatabaseRefused
from storage.records import ModelRecord, PredictionRecord, RunRecord, ScanRecord
from storage.rows import model_row, prediction_row, run_row, scan_row
from storage.schema import MODELS, PREDICTIONS, RUNS, SCANS
from tests.support.records import MODEL, RUN, classified, prediction


def columns(table):
    return {column.name for column in table.c}


def names(record):
    return {field.name for field in fields(record)}


def test_every_field_of_a_scan_has_its_column():
    row = scan_row(classified(1), run_id=3, model_id=7)

    assert set(row) == columns(SCANS) - {"seq"}
    named = names(ScanRecord) - {"predictions", "model_sha256"}
    assert named == columns(SCANS) - {"seq", "run_id", "model_id"}
    assert (row["run_id"], row["model_id"]) == (3, 7)


def test_every_field_of_the_other_records_has_its_column():
    assert set(prediction_row(prediction(), 1, 2)) == columns(PREDICTIONS) - {"id"}
    assert names(PredictionRecord) == columns(PREDICTIONS) - {"id", "scan_seq", "model_id"}
    assert set(model_row(MODEL)) == columns(MODELS) - {"id"} == names(ModelRecord)
    assert set(run_row(RUN)) == columns(RUNS) - {"id", "ended_at"} == names(RunRecord)


def test_every_text_of_a_scan_is_cleaned():
    texts = {
        field.name: "a\0\udcff" + "b" * 20_000
        for field in fields(ScanRecord)
        if field.type in ("str", "str | None", str, str | None) and field.name != "model_sha256"
    }
    assert len(texts) >= 20

    row = scan_row(classified(1, **texts, warnings=("x\0y",)), 1, 1)

    for name in texts:
        assert row[name].startswith("a\ufffd\ufffdb"), name
        assert len(row[name]) <= 3 * 4096, name
    assert row["warnings"] == ["x\ufffdy"]


def test_a_long_path_is_never_cut():
    longest = "%FF" * 4095

    row = scan_row(classified(1, stored_path=longest, source_name=longest), 1, 1)

    assert row["stored_path"] == row["source_name"] == longest


def test_blanks_at_the_ends_of_a_path_are_part_of_it():
    path = " done/2026-11-23/ a.dcm "

    row = scan_row(classified(1, stored_path=path, source_name=path), 1, 1)

    assert row["stored_path"] == row["source_name"] == path


@pytest.mark.parametrize("name", ["logit", "score", "probability", "distance"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused(name, number):
    with pytest.raises(DatabaseRefused, match=name):
        prediction_row(prediction(**{name: number}), 1, 1)


def test_a_network_without_features_has_no_distance():
    assert prediction_row(prediction(distance=None), 1, 1)["distance"] is None
