"""The tables of the results database; the view that people and exports read is `storage.results_view`.

`scans` has a row an arrival; `predictions` a row a frame and model; `models` and `runs` say who answered;
`reviews` a row each time that a person judged an answer.
The database knows finished scans only, so no row can be stuck half way.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.types import TypeEngine

from storage.times import UtcTime
from storage.vocabulary import (
    CLASSIFIED,
    DECISIONS,
    FAILED,
    FAILED_CODES,
    OUTCOMES,
    REJECTED,
    REJECTED_CODES,
    VERDICTS,
    one_of,
)

# SQLite makes a row id, and so a counter, of INTEGER only.
SEQUENCE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
# The order of bytes, so that the unique index also serves a search by the id's beginning.
SCAN_ID: TypeEngine[str] = Text(collation="C").with_variant(Text(), "sqlite")

# It names every constraint, so that revisions can name them too.
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

RUNS = Table(
    "runs",
    METADATA,
    Column("id", SEQUENCE, Identity(), primary_key=True),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),  # null: it runs, or was killed
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("settings_digest", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""One start of the daemon (or of `once`)."""

MODELS = Table(
    "models",
    METADATA,
    Column("id", SEQUENCE, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("thresholds", JSON, nullable=False),
    Column("calibration", JSON, nullable=False),
    Column("training_digest", Text),
    UniqueConstraint("sha256"),
    sqlite_autoincrement=True,
)
"""One released model that has classified something."""

SCANS = Table(
    "scans",
    METADATA,
    Column("seq", SEQUENCE, Identity(), primary_key=True),
    Column("scan_id", SCAN_ID, nullable=False),
    Column("run_id", SEQUENCE, ForeignKey("runs.id"), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("error_code", Text),
    Column("decision", Text),
    Column("probability", Float(53)),  # at the prevalence of the settings
    Column("score", Float(53)),  # at the prevalence of the calibration
    Column("model_id", SEQUENCE, ForeignKey("models.id")),
    Column("pipeline_version", Text),
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
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("duplicate_of", SCAN_ID),
    Column("requeued_from", SCAN_ID),
    Column("stored_path", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("durations", JSON, nullable=False),  # stage -> seconds
    Column("is_canary", Boolean, server_default=false(), nullable=False),
    Column("device", Text),  # a hash
    Column("picture", JSON(none_as_null=True)),  # measure -> value
    Column("error_detail", Text),  # what was wrong, in words; no value of a file
    Column("manufacturer", Text),
    Column("manufacturer_model_name", Text),
    Column("station_name", Text),
    Column("region", Text),  # the part of the body that the network sees
    Column("prevalence", Float(53)),  # that of `probability`; null: not known
    Column("calling_ae", Text),  # who sent the file over DICOM
    Column("calling_address", Text),
    UniqueConstraint("scan_id"),
    CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
    CheckConstraint(f"decision IS NULL OR ({one_of('decision', DECISIONS)})", name="decision"),
    CheckConstraint(
        f"(outcome = '{CLASSIFIED}' AND error_code IS NULL AND decision IS NOT NULL"
        " AND probability IS NOT NULL AND score IS NOT NULL AND model_id IS NOT NULL)"
        f" OR (outcome = '{REJECTED}' AND {one_of('error_code', REJECTED_CODES)}"
        " AND decision IS NULL AND probability IS NULL AND score IS NULL)"
        f" OR (outcome = '{FAILED}' AND {one_of('error_code', FAILED_CODES)}"
        " AND decision IS NULL AND probability IS NULL AND score IS NULL)",
        name="answer",
    ),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    CheckConstraint("length(scan_id) = 36", name="scan_id"),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    sqlite_autoincrement=True,
)
"""One arrival and its one answer.

`duplicate_of` and `requeued_from` hold a scan_id without a foreign key: the row they name may be gone (a
restored backup, retention) or be refused in the same batch, and neither may cost this row.
"""

PREDICTIONS = Table(
    "predictions",
    METADATA,
    Column("id", SEQUENCE, Identity(), primary_key=True),
    Column("scan_seq", SEQUENCE, ForeignKey("scans.seq"), nullable=False),
    Column("model_id", SEQUENCE, ForeignKey("models.id"), nullable=False),
    Column("frame", Integer, nullable=False),  # from 1
    Column("logit", Float(53), nullable=False),
    Column("score", Float(53), nullable=False),
    Column("probability", Float(53), nullable=False),
    Column("distance", Float(53)),
    Column("decision", Text, nullable=False),
    Column("heat_map", LargeBinary),  # a square of float32, little endian
    Column("region", Text),
    UniqueConstraint("scan_seq", "model_id", "frame"),
    CheckConstraint("frame >= 1", name="frame"),
    CheckConstraint(one_of("decision", DECISIONS), name="decision"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    # NaN and infinity: PostgreSQL would keep both, SQLite one of them.
    CheckConstraint("logit BETWEEN -1e30 AND 1e30", name="logit"),
    CheckConstraint("distance BETWEEN -1e30 AND 1e30", name="distance"),
    CheckConstraint(
        "length(heat_map) BETWEEN 4 AND 65536 AND length(heat_map) / 4 * 4 = length(heat_map)",
        name="heat_map",
    ),
    sqlite_autoincrement=True,
)
"""The answer of one model for one frame."""

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("id", SEQUENCE, Identity(), primary_key=True),
    Column("scan_seq", SEQUENCE, ForeignKey("scans.seq"), nullable=False),
    Column("reviewed_at", UtcTime, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("note", Text),  # as it was typed
    Column("model_id", SEQUENCE, ForeignKey("models.id"), nullable=False),  # that of the answer
    Column("decision", Text, nullable=False),  # of the answer
    CheckConstraint(one_of("verdict", VERDICTS), name="verdict"),
    CheckConstraint(one_of("decision", DECISIONS), name="decision"),
    sqlite_autoincrement=True,
)
"""What one person says of one answer, as it was shown; rows are added, and none is ever changed."""
