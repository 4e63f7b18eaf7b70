"""Canaries are marked and left out of the view; what drift is measured by: device and picture of a scan."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PICTURE: sa.types.TypeEngine[Any] = sa.JSON(none_as_null=True)
COLUMNS = ("is_canary", "device", "picture")
VIEW = """
CREATE VIEW results AS
SELECT scans.scan_id, scans.received_at, scans.finished_at, scans.source_name, scans.outcome,
       scans.error_code, scans.decision, scans.probability, models.name || '@' || models.version AS model,
       scans.frames, scans.modality, scans.body_part_examined, scans.laterality, scans.view_position,
       scans.patient_id, scans.accession_number, scans.study_instance_uid, scans.series_instance_uid,
       scans.sop_instance_uid, scans.transfer_syntax_uid, scans.rows, scans.columns,
       scans.sha256, scans.duplicate_of, scans.stored_path
FROM scans LEFT JOIN models ON models.id = scans.model_id
"""
NO_CANARY = "WHERE NOT scans.is_canary"


def upgrade() -> None:
    """Add the columns; nothing that was recorded before is a canary. Who may read the view still may."""
    op.add_column("scans", sa.Column("is_canary", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("scans", sa.Column("device", sa.Text()))
    op.add_column("scans", sa.Column("picture", PICTURE))
    replace_view(f"{VIEW}{NO_CANARY}")


def downgrade() -> None:
    """Forget canaries, devices and pictures; rows of canaries become rows like others."""
    replace_view(VIEW)
    for column in COLUMNS:
        op.drop_column("scans", column)


def replace_view(view: str) -> None:
    """Give the view another query with the same columns; on PostgreSQL its privileges stay."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
        return
    op.execute("DROP VIEW results")
    op.execute(view)
