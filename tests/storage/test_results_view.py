from sqlalchemy import text

from storage.results_view import RESULTS
from tests.support.records import classified

# The contract with people and their tools; a change here is a change for all of them.
DOCUMENTED = [
    "scan_id",
    "received_at",
    "finished_at",
    "source_name",
    "outcome",
    "error_code",
    "decision",
    "probability",
    "model",
    "frames",
    "modality",
    "body_part_examined",
    "laterality",
    "view_position",
    "patient_id",
    "accession_number",
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "transfer_syntax_uid",
    "rows",
    "columns",
    "sha256",
    "duplicate_of",
    "stored_path",
    "warnings",
    "error_detail",
    "manufacturer",
    "manufacturer_model_name",
    "station_name",
    "region",
    "prevalence",
    "superseded_by",
    "reviewed",
    "calling_ae",
    "calling_address",
]


def test_the_view_has_the_documented_columns(engine):
    with engine.connect() as connection:
        in_database = list(connection.execute(text("SELECT * FROM results")).keys())

    assert in_database == DOCUMENTED
    assert list(RESULTS.columns.keys()) == DOCUMENTED


def test_anybodys_sql_can_name_the_columns_of_the_view(engine, ledger, run_id):
    ledger.record([classified(1)], run_id)

    with engine.connect() as connection:
        row = connection.execute(text(f"SELECT {', '.join(DOCUMENTED)} FROM results")).one()  # noqa: S608

    assert row.model == "inboxray-test@1.0.0"
    assert row.rows == 2500
    assert row.columns == 2048
