"""The tables of the results database; the view that people and exports read is `storage.results_view`.

`scans` has a row an arrival; `predictions` a row a frame and model; `models` and `runs` say who answered;
`reviews` a row each time that a person judged an answer.
The database knows finished scans only, so no row can be stuck half way.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
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


class Base(DeclarativeBase):
    """The declarative base; its metadata names every constraint, so that revisions can name them too."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class Run(Base):
    """One start of the daemon (or of `once`)."""

    __tablename__ = "runs"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(SEQUENCE, Identity(), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)  # null: it runs, or was killed
    host: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    settings_digest: Mapped[str] = mapped_column(Text)
    pid: Mapped[int] = mapped_column(Integer)


class Model(Base):
    """One released model that has classified something."""

    __tablename__ = "models"
    __table_args__ = (UniqueConstraint("sha256"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(SEQUENCE, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    thresholds: Mapped[dict[str, Any]] = mapped_column(JSON)
    calibration: Mapped[dict[str, Any]] = mapped_column(JSON)
    training_digest: Mapped[str | None] = mapped_column(Text)


class Scan(Base):
    """One arrival and its one answer.

    `duplicate_of` and `requeued_from` hold a scan_id without a foreign key: the row they name may be gone (a
    restored backup, retention) or be refused in the same batch, and neither may cost this row.
    """

    __tablename__ = "scans"
    __table_args__ = (
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
        Index(  # with all that figures count, so that they read no row
            "ix_scans_finished_at",
            *("finished_at", "device", "error_code", "decision", "is_canary", "seq"),
        ),
        Index(None, "sha256"),
        Index(None, "sop_instance_uid"),
        Index(None, "patient_id"),
        Index(None, "study_instance_uid"),
        Index(None, "series_instance_uid"),
        Index(  # the order in which people should see answers; with a decision, its range of probability
            "ix_scans_decision_probability",
            "decision",
            "probability",
            "seq",
            sqlite_where=text("decision IS NOT NULL"),
            postgresql_where=text("decision IS NOT NULL"),
        ),
        Index(
            "ix_scans_unanswered",
            "outcome",
            "seq",
            "error_code",
            sqlite_where=text("error_code IS NOT NULL"),
            postgresql_where=text("error_code IS NOT NULL"),
        ),
        Index(
            "ix_scans_stored_path", "stored_path", postgresql_using="hash"
        ),  # a path may exceed a B-tree's page
        Index(
            "ix_scans_duplicate_of",
            "duplicate_of",
            sqlite_where=text("duplicate_of IS NOT NULL"),
            postgresql_where=text("duplicate_of IS NOT NULL"),
        ),
        Index(
            "ix_scans_requeued_from",
            "requeued_from",
            "seq",  # so that the newest is the last of a range, which PostgreSQL else looks for in all rows
            sqlite_where=text("requeued_from IS NOT NULL"),
            postgresql_where=text("requeued_from IS NOT NULL"),
        ),
        Index(
            "ix_scans_device",
            "device",
            "seq",
            sqlite_where=text("device IS NOT NULL"),
            postgresql_where=text("device IS NOT NULL"),
        ),
        Index(
            "ix_scans_region",
            "region",
            "seq",
            sqlite_where=text("region IS NOT NULL"),
            postgresql_where=text("region IS NOT NULL"),
        ),
        Index(
            "ix_scans_modality",
            "modality",
            "seq",
            sqlite_where=text("modality IS NOT NULL"),
            postgresql_where=text("modality IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(SEQUENCE, Identity(), primary_key=True)
    scan_id: Mapped[str] = mapped_column(SCAN_ID)
    run_id: Mapped[int] = mapped_column(SEQUENCE, ForeignKey("runs.id"))
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime] = mapped_column(UtcTime)
    source_name: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(Text)
    probability: Mapped[float | None] = mapped_column(Float(53))  # at the prevalence of the settings
    score: Mapped[float | None] = mapped_column(Float(53))  # at the prevalence of the calibration
    model_id: Mapped[int | None] = mapped_column(SEQUENCE, ForeignKey("models.id"))
    pipeline_version: Mapped[str | None] = mapped_column(Text)
    frames: Mapped[int | None] = mapped_column(Integer)
    modality: Mapped[str | None] = mapped_column(Text)
    body_part_examined: Mapped[str | None] = mapped_column(Text)
    laterality: Mapped[str | None] = mapped_column(Text)
    view_position: Mapped[str | None] = mapped_column(Text)
    patient_id: Mapped[str | None] = mapped_column(Text)
    accession_number: Mapped[str | None] = mapped_column(Text)
    study_instance_uid: Mapped[str | None] = mapped_column(Text)
    series_instance_uid: Mapped[str | None] = mapped_column(Text)
    sop_instance_uid: Mapped[str | None] = mapped_column(Text)
    transfer_syntax_uid: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    columns: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(Text)
    duplicate_of: Mapped[str | None] = mapped_column(SCAN_ID)
    requeued_from: Mapped[str | None] = mapped_column(SCAN_ID)
    stored_path: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    warnings: Mapped[list[str]] = mapped_column(JSON)
    durations: Mapped[dict[str, float]] = mapped_column(JSON)  # stage -> seconds
    is_canary: Mapped[bool] = mapped_column(Boolean, server_default=false())
    device: Mapped[str | None] = mapped_column(Text)  # a hash
    picture: Mapped[dict[str, float] | None] = mapped_column(JSON(none_as_null=True))  # measure -> value
    error_detail: Mapped[str | None] = mapped_column(Text)  # what was wrong, in words; no value of a file
    manufacturer: Mapped[str | None] = mapped_column(Text)
    manufacturer_model_name: Mapped[str | None] = mapped_column(Text)
    station_name: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)  # the part of the body that the network sees
    prevalence: Mapped[float | None] = mapped_column(Float(53))  # that of `probability`; null: not known
    calling_ae: Mapped[str | None] = mapped_column(Text)  # who sent the file over DICOM
    calling_address: Mapped[str | None] = mapped_column(Text)


class Prediction(Base):
    """The answer of one model for one frame."""

    __tablename__ = "predictions"
    __table_args__ = (
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
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(SEQUENCE, Identity(), primary_key=True)
    scan_seq: Mapped[int] = mapped_column(SEQUENCE, ForeignKey("scans.seq"))
    model_id: Mapped[int] = mapped_column(SEQUENCE, ForeignKey("models.id"))
    frame: Mapped[int] = mapped_column(Integer)  # from 1
    logit: Mapped[float] = mapped_column(Float(53))
    score: Mapped[float] = mapped_column(Float(53))
    probability: Mapped[float] = mapped_column(Float(53))
    distance: Mapped[float | None] = mapped_column(Float(53))
    decision: Mapped[str] = mapped_column(Text)
    heat_map: Mapped[bytes | None] = mapped_column(LargeBinary)  # a square of float32, little endian
    region: Mapped[str | None] = mapped_column(Text)


class Review(Base):
    """What one person says of one answer, as it was shown; rows are added, and none is ever changed."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint(one_of("verdict", VERDICTS), name="verdict"),
        CheckConstraint(one_of("decision", DECISIONS), name="decision"),
        Index(None, "scan_seq", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(SEQUENCE, Identity(), primary_key=True)
    scan_seq: Mapped[int] = mapped_column(SEQUENCE, ForeignKey("scans.seq"))
    reviewed_at: Mapped[datetime] = mapped_column(UtcTime)
    reviewer: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)  # as it was typed
    model_id: Mapped[int] = mapped_column(SEQUENCE, ForeignKey("models.id"))  # that of the answer
    decision: Mapped[str] = mapped_column(Text)  # of the answer
