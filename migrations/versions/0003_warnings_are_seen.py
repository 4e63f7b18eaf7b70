"""The view shows the warnings of a scan, and exactly what was wrong with one that has no answer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = """
SELECT scans.scan_id, scans.received_at, scans.finished_at, scans.source_name, scans.outcome,
       scans.error_code, scans.decision, scans.probability, models.name || '@' || models.version AS model,
       scans.frames, scans.modality, scans.body_part_examined, scans.laterality, scans.view_position,
       scans.patient_id, scans.accession_number, scans.study_instance_uid, scans.series_instance_uid,
       scans.sop_instance_uid, scans.transfer_syntax_uid, scans.rows, scans.columns,
       scans.sha256, scans.duplicate_of, scans.stored_path"""
FROM = """
FROM scans LEFT JOIN models ON models.id = scans.model_id
WHERE NOT scans.is_canary
"""
WARNINGS = {  # codes with ; between them, null where there are none
    "sqlite": "(SELECT group_concat(one.value, ';') FROM json_each(scans.warnings) AS one)",
    "postgresql": "(SELECT string_agg(one.code, ';' ORDER BY one.place) "
    "FROM json_array_elements_text(scans.warnings) WITH ORDINALITY AS one(code, place))",
}


def upgrade() -> None:
    """Add the column and both to the view, at its end. Who may read the view still may."""
    op.add_column("scans", sa.Column("error_detail", sa.Text()))
    dialect = op.get_bind().dialect.name
    seen = f"{COLUMNS},\n       {WARNINGS[dialect]} AS warnings, scans.error_detail{FROM}"
    if dialect == "postgresql":
        op.execute(f"CREATE OR REPLACE VIEW results AS {seen}")
        return
    op.execute("DROP VIEW results")
    op.execute(f"CREATE VIEW results AS {seen}")


def downgrade() -> None:
    """Take both away. A view cannot lose columns: it is made anew, and rights must be granted again."""
    op.execute("DROP VIEW results")
    op.execute(f"CREATE VIEW results AS {COLUMNS}{FROM}")
    op.drop_column("scans", "error_detail")
