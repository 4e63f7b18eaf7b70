"""People review answers, and the view says at which prevalence, whether replaced, and how reviewed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SEQUENCE: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME: sa.types.TypeEngine[Any] = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
VERDICT = "verdict IS NOT NULL AND verdict IN ('agree', 'disagree', 'unsure')"
DECISION = "decision IS NOT NULL AND decision IN ('fractured', 'uncertain', 'abstained', 'not_fractured')"
COLUMNS = """
SELECT scans.scan_id, scans.received_at, scans.finished_at, scans.source_name, scans.outcome,
       scans.error_code, scans.decision, scans.probability, models.name || '@' || models.version AS model,
       scans.frames, scans.modality, scans.body_part_examined, scans.laterality, scans.view_position,
       scans.patient_id, scans.accession_number, scans.study_instance_uid, scans.series_instance_uid,
       scans.sop_instance_uid, scans.transfer_syntax_uid, scans.rows, scans.columns,
       scans.sha256, scans.duplicate_of, scans.stored_path"""
BEFORE = (
    "scans.error_detail, scans.manufacturer, scans.manufacturer_model_name, scans.station_name, scans.region"
)
ADDED = """scans.prevalence,
       (SELECT again.scan_id FROM scans AS again WHERE again.requeued_from = scans.scan_id
        ORDER BY again.seq DESC LIMIT 1) AS superseded_by,
       (SELECT reviews.verdict FROM reviews WHERE reviews.scan_seq = scans.seq
        ORDER BY reviews.id DESC LIMIT 1) AS reviewed"""
FROM = """
FROM scans LEFT JOIN models ON models.id = scans.model_id
WHERE NOT scans.is_canary
"""
WARNINGS = {  # as in revision 0003
    "sqlite": "(SELECT group_concat(one.value, ';') FROM json_each(scans.warnings) AS one)",
    "postgresql": "(SELECT string_agg(one.code, ';' ORDER BY one.place) "
    "FROM json_array_elements_text(scans.warnings) WITH ORDINALITY AS one(code, place))",
}
# A probability that is its score was not shifted: it is at the prevalence of the model's calibration. One
# that was shifted does not say how far, for no row holds the setting of then. 0 and 1 stay wherever they go.
KNOWN = """
UPDATE scans SET prevalence = (SELECT {of_calibration} FROM models WHERE models.id = scans.model_id)
WHERE scans.probability = scans.score AND scans.score > 0 AND scans.score < 1
"""
OF_CALIBRATION = {
    "sqlite": "json_extract(models.calibration, '$.prevalence')",
    "postgresql": "CAST(models.calibration ->> 'prevalence' AS double precision)",
}


def upgrade() -> None:
    """Add the reviews and the prevalence, fill that where it is known, and add three columns to the view."""
    dialect = op.get_bind().dialect.name
    op.add_column("scans", sa.Column("prevalence", sa.Float(53)))
    op.execute(KNOWN.format(of_calibration=OF_CALIBRATION[dialect]))
    op.create_table(
        "reviews",
        sa.Column("id", SEQUENCE, sa.Identity(), nullable=False),
        sa.Column("scan_seq", SEQUENCE, nullable=False),
        sa.Column("reviewed_at", TIME, nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("model_id", SEQUENCE, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.ForeignKeyConstraint(["scan_seq"], ["scans.seq"], name=op.f("fk_reviews_scan_seq")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_reviews_model_id")),
        sa.CheckConstraint(VERDICT, name=op.f("ck_reviews_verdict")),
        sa.CheckConstraint(DECISION, name=op.f("ck_reviews_decision")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_scan_seq_id", "reviews", ["scan_seq", "id"])
    index_requeues("requeued_from", "seq")
    if dialect == "postgresql":
        op.execute(view(f"{BEFORE}, {ADDED}").replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
        return
    op.execute("DROP VIEW results")
    op.execute(view(f"{BEFORE}, {ADDED}"))


def downgrade() -> None:
    """Forget the reviews. A view cannot lose columns: it is made anew, and rights must be granted again."""
    op.execute("DROP VIEW results")
    index_requeues("requeued_from")
    op.drop_table("reviews")
    op.drop_column("scans", "prevalence")
    op.execute(view(BEFORE))


def index_requeues(*columns: str) -> None:
    """Make the index that finds what a scan was requeued as, with these columns."""
    is_known: Any = sa.text("requeued_from IS NOT NULL")
    op.drop_index("ix_scans_requeued_from", "scans")
    op.create_index(
        "ix_scans_requeued_from", "scans", [*columns], sqlite_where=is_known, postgresql_where=is_known
    )


def view(last: str) -> str:
    """Write the view with these columns behind the warnings."""
    return (
        f"CREATE VIEW results AS {COLUMNS},\n       {WARNINGS[op.get_bind().dialect.name]} AS warnings, "
        f"{last}{FROM}"
    )
