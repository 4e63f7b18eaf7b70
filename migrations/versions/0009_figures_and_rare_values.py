"""Indexes by which figures read no row, and by which values that few scans have, or none, are found."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FINISHED_AT = "ix_scans_finished_at"
COUNTED = ("device", "error_code", "decision", "is_canary", "seq")


def upgrade() -> None:
    """Put what figures count beside the time; index regions and modalities."""
    op.drop_index(FINISHED_AT, "scans")
    op.create_index(FINISHED_AT, "scans", ["finished_at", *COUNTED])
    for name in ("region", "modality"):
        is_there: Any = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_scans_{name}", "scans", [name, "seq"], sqlite_where=is_there, postgresql_where=is_there
        )


def downgrade() -> None:
    """Leave the index of times alone."""
    for name in ("modality", "region"):
        op.drop_index(f"ix_scans_{name}", "scans")
    op.drop_index(FINISHED_AT, "scans")
    op.create_index(FINISHED_AT, "scans", ["finished_at"])
