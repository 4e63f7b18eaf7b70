"""The view `results`, which people and exports read: a column for each of theirs."""

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, Table, Text

from storage.schema import SCAN_ID
from storage.times import UtcTime

RESULTS = Table(
    "results",
    MetaData(),  # a view: not among the tables that are created
    Column("scan_id", SCAN_ID),
    Column("received_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("source_name", Text),
    Column("outcome", Text),
    Column("error_code", Text),
    Column("decision", Text),
    Column("probability", Float(53)),
    Column("model", Text),  # name@version
    Column("frames", Integer),
    Column("modality", Text),
    Column("body_part_examined", Text),
    Column("laterality", Text),
    Column("view_position", Text),
    Column("patient_id", Text),
    Column("accession_number", Text),
    Column("study_instance_uid", Text),
    Column("series_instance_uid", Text),
    Column("sop_instance_uid", Text),
    Column("transfer_syntax_uid", Text),
    Column("rows", BigInteger),
    Column("columns", BigInteger),
    Column("sha256", Text),
    Column("duplicate_of", SCAN_ID),
    Column("stored_path", Text),
    Column("warnings", Text),  # codes, ; between them
    Column("error_detail", Text),
    Column("manufacturer", Text),
    Column("manufacturer_model_name", Text),
    Column("station_name", Text),
    Column("region", Text),
    Column("prevalence", Float(53)),
    Column("superseded_by", SCAN_ID),  # the newest answer to the same file, requeued
    Column("reviewed", Text),  # the newest verdict
    Column("calling_ae", Text),
    Column("calling_address", Text),
)
"""The view `results`: flat, stable, in the order of the CSV; canaries are not in it."""

RESULT_COLUMNS: Final[tuple[str, ...]] = tuple(column.name for column in RESULTS.columns)
"""The columns of the view `results` and of each table made of it, in order."""
