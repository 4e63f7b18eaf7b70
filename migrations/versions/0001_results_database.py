"""The results database: runs, models, scans, predictions, and the view `results`.

Written out and not derived from storage.schema: a revision says what was, and must not change when the schema
does. `op.f` marks a name as complete; the naming convention would else put its prefix before it once more.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEQUENCE: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SCAN_ID: sa.types.TypeEngine[str] = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
TIME: sa.types.TypeEngine[Any] = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

DECISION = "decision IS NOT NULL AND decision IN ('fractured', 'uncertain', 'abstained', 'not_fractured')"
OUTCOME = "outcome IS NOT NULL AND outcome IN ('classified', 'rejected', 'failed')"
ANSWER = (
    "(outcome = 'classified' AND error_code IS NULL AND decision IS NOT NULL"
    " AND probability IS NOT NULL AND score IS NOT NULL AND model_id IS NOT NULL)"
    " OR (outcome = 'rejected' AND error_code IS NOT NULL AND error_code IN"
    " ('no_image', 'dicomdir', 'excluded_modality', 'excluded_body_part', 'excluded_presentation',"
    " 'executable_preamble')"
    " AND decision IS NULL AND probability IS NULL AND score IS NULL)"
    " OR (outcome = 'failed' AND error_code IS NOT NULL AND error_code IN"
    " ('empty_file', 'unknown_format', 'truncated', 'unreadable', 'bad_header', 'bad_pixels', 'too_large',"
    " 'deadline', 'decoder_crashed', 'out_of_memory', 'unsupported_transfer_syntax', 'bad_network_output',"
    " 'unrecordable', 'crashed_daemon')"
    " AND decision IS NULL AND probability IS NULL AND score IS NULL)"
)
INDEXED = ("finished_at", "sha256", "sop_instance_uid", "patient_id", "outcome", "decision")
INDEXED_IF_SET = ("duplicate_of", "requeued_from")
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


def upgrade() -> None:
    """Make the tables, the indexes and the view."""
    create_runs_and_models()
    create_scans()
    create_predictions()
    op.execute(VIEW)


def downgrade() -> None:
    """Drop everything; the rows are gone."""
    op.execute("DROP VIEW results")
    for table in ("predictions", "scans", "models", "runs"):
        op.drop_table(table)


def create_runs_and_models() -> None:
    """Make the tables that say who answered."""
    op.create_table(
        "runs",
        sa.Column("id", SEQUENCE, sa.Identity(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("settings_digest", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "models",
        sa.Column("id", SEQUENCE, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("calibration", sa.JSON(), nullable=False),
        sa.Column("training_digest", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("sha256", name=op.f("uq_models_sha256")),
        sqlite_autoincrement=True,
    )


def create_scans() -> None:
    """Make the table of arrivals."""
    op.create_table(
        "scans",
        sa.Column("seq", SEQUENCE, sa.Identity(), nullable=False),
        sa.Column("scan_id", SCAN_ID, nullable=False),
        sa.Column("run_id", SEQUENCE, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("probability", sa.Float(53)),
        sa.Column("score", sa.Float(53)),
        sa.Column("model_id", SEQUENCE),
        sa.Column("pipeline_version", sa.Text()),
        sa.Column("frames", sa.Integer()),
        sa.Column("modality", sa.Text()),
        sa.Column("body_part_examined", sa.Text()),
        sa.Column("laterality", sa.Text()),
        sa.Column("view_position", sa.Text()),
        sa.Column("patient_id", sa.Text()),
        sa.Column("accession_number", sa.Text()),
        sa.Column("study_instance_uid", sa.Text()),
        sa.Column("series_instance_uid", sa.Text()),
        sa.Column("sop_instance_uid", sa.Text()),
        sa.Column("transfer_syntax_uid", sa.Text()),
        sa.Column("rows", sa.BigInteger()),
        sa.Column("columns", sa.BigInteger()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("duplicate_of", SCAN_ID),
        sa.Column("requeued_from", SCAN_ID),
        sa.Column("stored_path", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("durations", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_scans")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_scans_scan_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_scans_run_id")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_scans_model_id")),
        sa.CheckConstraint(OUTCOME, name=op.f("ck_scans_outcome")),
        sa.CheckConstraint(f"decision IS NULL OR ({DECISION})", name=op.f("ck_scans_decision")),
        sa.CheckConstraint(ANSWER, name=op.f("ck_scans_answer")),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_scans_probability")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_scans_score")),
        sa.CheckConstraint("length(scan_id) = 36", name=op.f("ck_scans_scan_id")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_scans_sha256")),
        sqlite_autoincrement=True,
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_scans_{column}"), "scans", [column])
    op.create_index(op.f("ix_scans_stored_path"), "scans", ["stored_path"], postgresql_using="hash")
    for column in INDEXED_IF_SET:
        is_set = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            op.f(f"ix_scans_{column}"), "scans", [column], sqlite_where=is_set, postgresql_where=is_set
        )


def create_predictions() -> None:
    """Make the table of a model's answers for each frame."""
    op.create_table(
        "predictions",
        sa.Column("id", SEQUENCE, sa.Identity(), nullable=False),
        sa.Column("scan_seq", SEQUENCE, nullable=False),
        sa.Column("model_id", SEQUENCE, nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("logit", sa.Float(53), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.Column("probability", sa.Float(53), nullable=False),
        sa.Column("distance", sa.Float(53)),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("heat_map", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
        sa.UniqueConstraint(
            "scan_seq", "model_id", "frame", name=op.f("uq_predictions_scan_seq_model_id_frame")
        ),
        sa.ForeignKeyConstraint(["scan_seq"], ["scans.seq"], name=op.f("fk_predictions_scan_seq")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_predictions_model_id")),
        sa.CheckConstraint("frame >= 1", name=op.f("ck_predictions_frame")),
        sa.CheckConstraint(DECISION, name=op.f("ck_predictions_decision")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_predictions_score")),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_predictions_probability")),
        sa.CheckConstraint("logit BETWEEN -1e30 AND 1e30", name=op.f("ck_predictions_logit")),
        sa.CheckConstraint("distance BETWEEN -1e30 AND 1e30", name=op.f("ck_predictions_distance")),
        sa.CheckConstraint("length(heat_map) = 196", name=op.f("ck_predictions_heat_map")),
        sqlite_autoincrement=True,
    )
