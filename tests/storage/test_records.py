"""Records carry the names of the columns they fill: a new field without its column is found here."""

from dataclasses import fields

from storage.records import HEADER_COLUMNS, HEADER_TEXTS, IDENTIFIERS, ModelRecord, ScanRecord
from storage.results_view import RESULTS
from storage.schema import METADATA

SCANS = METADATA.tables["scans"].columns


def names(record):
    return {field.name for field in fields(record)}


def test_each_field_of_a_scan_is_a_column_but_for_what_has_tables_of_its_own():
    assert names(ScanRecord) - set(SCANS.keys()) == {"model_sha256", "predictions"}


def test_a_column_that_no_record_fills_is_of_the_database():
    assert set(SCANS.keys()) - names(ScanRecord) == {"seq", "model_id", "run_id"}


def test_the_fields_of_a_model_are_columns():
    assert names(ModelRecord) <= set(METADATA.tables["models"].columns.keys())


def test_what_is_held_of_a_header_stands_in_the_view():
    shown = {column.name for column in RESULTS.columns}

    assert set(HEADER_COLUMNS) < shown
    assert set(IDENTIFIERS) < set(HEADER_TEXTS) < set(HEADER_COLUMNS) < names(ScanRecord)
