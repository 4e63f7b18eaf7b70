"""What made a scan is known by name too: manufacturer, model and station, in the table and in the view."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAMES = ("manufacturer", "manufacturer_model_name", "station_name")
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
WARNINGS = {  # as in revision 0003
    "sqlite": "(SELECT group_concat(one.value, ';') FROM json_each(scans.warnings) AS one)",
    "postgresql": "(SELECT string_agg(one.code, ';' ORDER BY one.place) "
    "FROM json_array_elements_text(scans.warnings) WITH ORDINALITY AS one(code, place))",
}


def upgrade() -> None:
    """Add the names, to the view at its end, and what finds the first scans of a device quickly."""
    for name in NAMES:
        op.add_column("scans", sa.Column(name, sa.Text()))
    is_known = sa.text("device IS NOT NULL")
    op.create_index(
        "ix_scans_device", "scans", ["device", "seq"], sqlite_where=is_known, postgresql_where=is_known
    )
    view = view_of(", ".join(("scans.error_detail", *(f"scans.{name}" for name in NAMES))))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))  # who may read it still may
        return
    op.execute("DROP VIEW results")
    op.execute(view)


def downgrade() -> None:
    """Forget the names. A view cannot lose columns: it is made anew, and rights must be granted again."""
    op.execute("DROP VIEW results")
    op.drop_index("ix_scans_device", "scans")
    for name in NAMES:
        op.drop_column("scans", name)
    op.execute(view_of("scans.error_detail"))


def view_of(last: str) -> str:
    """Write the view with these columns behind the warnings."""
    return (
        f"CREATE VIEW results AS {COLUMNS},\n       {WARNINGS[op.get_bind().dialect.name]} AS warnings, "
        f"{last}{FROM}"
    )
