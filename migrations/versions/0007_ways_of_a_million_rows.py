"""Indexes by which the page finds its rows among a million, in the place of two that slowed the writer."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

IS_ANSWERED: Any = sa.text("decision IS NOT NULL")
IS_UNANSWERED: Any = sa.text("error_code IS NOT NULL")


def upgrade() -> None:
    """Index answers by their probability, and the others by their reason; one index on outcomes goes.

    SQLite took the index on outcomes for the way to scans with the same bytes, wherever its statistics were
    not fresh, and so went through all that are classified, for each batch.
    """
    op.drop_index("ix_scans_outcome", "scans")
    op.drop_index("ix_scans_decision", "scans")
    op.create_index(
        "ix_scans_decision_probability",
        "scans",
        ["decision", "probability", "seq"],
        sqlite_where=IS_ANSWERED,
        postgresql_where=IS_ANSWERED,
    )
    op.create_index("ix_scans_study_instance_uid", "scans", ["study_instance_uid"])
    op.create_index("ix_scans_series_instance_uid", "scans", ["series_instance_uid"])
    op.create_index(
        "ix_scans_unanswered",
        "scans",
        ["outcome", "seq", "error_code"],
        sqlite_where=IS_UNANSWERED,
        postgresql_where=IS_UNANSWERED,
    )


def downgrade() -> None:
    """Make the two indexes anew that were before."""
    op.drop_index("ix_scans_unanswered", "scans")
    op.drop_index("ix_scans_series_instance_uid", "scans")
    op.drop_index("ix_scans_study_instance_uid", "scans")
    op.drop_index("ix_scans_decision_probability", "scans")
    op.create_index("ix_scans_decision", "scans", ["decision"])
    op.create_index("ix_scans_outcome", "scans", ["outcome"])
