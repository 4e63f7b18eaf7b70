"""A release states the size of its heat maps, and may name the part of the body that it sees in a frame."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SEQUENCE: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DECISION = "decision IS NOT NULL AND decision IN ('fractured', 'uncertain', 'abstained', 'not_fractured')"
FIRST = "length(heat_map) = 196"
ANY = "length(heat_map) BETWEEN 4 AND 65536 AND length(heat_map) / 4 * 4 = length(heat_map)"
CHECK = "ck_predictions_heat_map"
COLUMNS = """
SELECT scans.scan_id, scans.received_at, scans.finished_at, scans.source_name, scans.outcome,
       scans.error_code, scans.decision, scans.probability, models.name || '@' || models.version AS model,
       scans.frames, scans.modality, scans.body_part_examined, scans.laterality, scans.view_position,
       scans.patient_id, scans.accession_number, scans.study_instance_uid, scans.series_instance_uid,
       scans.sop_instance_uid, scans.transfer_syntax_uid, scans.rows, scans.columns,
       scans.sha256, scans.duplicate_of, scans.stored_path"""
LAST = "scans.error_detail, scans.manufacturer, scans.manufacturer_model_name, scans.station_name"
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
    """Let a map have any size, and add the region to predictions, to scans and to the view, at its end."""
    op.add_column("scans", sa.Column("region", sa.Text()))
    if op.get_bind().dialect.name == "sqlite":  # which changes no CHECK: the table is made anew
        with op.batch_alter_table("predictions", copy_from=predictions(FIRST), recreate="always") as batch:
            batch.drop_constraint(op.f(CHECK), type_="check")
            batch.create_check_constraint(op.f(CHECK), ANY)
            batch.add_column(sa.Column("region", sa.Text()))
        op.execute("DROP VIEW results")
        op.execute(view(f"{LAST}, scans.region"))
        return
    op.add_column("predictions", sa.Column("region", sa.Text()))
    op.drop_constraint(op.f(CHECK), "predictions")
    op.create_check_constraint(op.f(CHECK), "predictions", ANY)
    op.execute(view(f"{LAST}, scans.region").replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))


def downgrade() -> None:
    """Forget regions, and maps of another size. The view is made anew: rights must be granted again."""
    op.execute("DROP VIEW results")
    op.execute("UPDATE predictions SET heat_map = NULL WHERE length(heat_map) <> 196")
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table(
            "predictions", copy_from=predictions(ANY, sa.Column("region", sa.Text())), recreate="always"
        ) as batch:
            batch.drop_constraint(op.f(CHECK), type_="check")
            batch.create_check_constraint(op.f(CHECK), FIRST)
            batch.drop_column("region")
    else:
        op.drop_column("predictions", "region")
        op.drop_constraint(op.f(CHECK), "predictions")
        op.create_check_constraint(op.f(CHECK), "predictions", FIRST)
    op.drop_column("scans", "region")
    op.execute(view(LAST))


def predictions(map_check: str, *more: sa.Column[Any]) -> sa.Table:
    """Return the table as revision 0001 made it, for SQLite reports no CHECK."""
    return sa.Table(
        "predictions",
        sa.MetaData(),
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
        *more,
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
        sa.UniqueConstraint("scan_seq", "model_id", "frame", name="uq_predictions_scan_seq_model_id_frame"),
        sa.ForeignKeyConstraint(["scan_seq"], ["scans.seq"], name="fk_predictions_scan_seq"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_predictions_model_id"),
        sa.CheckConstraint("frame >= 1", name="ck_predictions_frame"),
        sa.CheckConstraint(DECISION, name="ck_predictions_decision"),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="ck_predictions_score"),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name="ck_predictions_probability"),
        sa.CheckConstraint("logit BETWEEN -1e30 AND 1e30", name="ck_predictions_logit"),
        sa.CheckConstraint("distance BETWEEN -1e30 AND 1e30", name="ck_predictions_distance"),
        sa.CheckConstraint(map_check, name=CHECK),
        sqlite_autoincrement=True,
    )


def view(last: str) -> str:
    """Write the view with these columns behind the warnings."""
    return (
        f"CREATE VIEW results AS {COLUMNS},\n       {WARNINGS[op.get_bind().dialect.name]} AS warnings, "
        f"{last}{FROM}"
    )
