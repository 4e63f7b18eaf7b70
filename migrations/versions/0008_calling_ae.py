"""Scans keep who sent them over DICOM; both columns stand at the end of the view."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAMES = ("calling_ae", "calling_address")
COLUMNS = """
SELECT scans.scan_id, scans.received_at, scans.finished_at, scans.source_name, scans.outcome,
       scans.error_code, scans.decision, scans.probability, models.name || '@' || models.version AS model,
       scans.frames, scans.modality, scans.body_part_examined, scans.laterality, scans.view_position,
       scans.patient_id, scans.accession_number, scans.study_instance_uid, scans.series_instance_uid,
       scans.sop_instance_uid, scans.transfer_syntax_uid, scans.rows, scans.columns,
       scans.sha256, scans.duplicate_of, scans.stored_path"""
BEFORE = """scans.error_detail, scans.manufacturer, scans.manufacturer_model_name, scans.station_name,
       scans.region, scans.prevalence,
       (SELECT again.scan_id FROM scans AS again WHERE again.requeued_from = scans.scan_id
        ORDER BY again.seq DESC LIMIT 1) AS superseded_by,
       (SELECT reviews.verdict FROM reviews WHERE reviews.scan_seq = scans.seq
        ORDER BY reviews.id DESC LIMIT 1) AS reviewed"""
ADDED = "scans.calling_ae, scans.calling_address"
FROM = """
FROM scans LEFT JOIN models ON models.id = scans.model_id
WHERE NOT scans.is_canary
"""
WARNINGS = {  # as in revision 0003
    "sqlite": "(SELECT group_concat(one.value, ';') FROM json_each(scans.warnings) AS one)",
    "postgresql": "(SELECT string_agg(one.code, ';' ORDER BY one.place) "
    "FROM json_array_elements_text(scans.warnings) WITH ORDINALITY AS one(code, place))",
}


def upgrade() -> None:
    """Add the two columns, here and to the view; older rows have neither."""
    for name in NAMES:
        op.add_column("scans", sa.Column(name, sa.Text()))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(view(f"{BEFORE},\n       {ADDED}").replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
        return
    op.execute("DROP VIEW results")
    op.execute(view(f"{BEFORE},\n       {ADDED}"))


def downgrade() -> None:
    """Forget who sent. A view cannot lose columns: it is made anew, and rights must be granted again."""
    op.execute("DROP VIEW results")
    for name in NAMES:
        op.drop_column("scans", name)
    op.execute(view(BEFORE))


def view(last: str) -> str:
    """Write the view with these columns behind the warnings."""
    return (
        f"CREATE VIEW results AS {COLUMNS},\n       {WARNINGS[op.get_bind().dialect.name]} AS warnings, "
        f"{last}{FROM}"
    )
