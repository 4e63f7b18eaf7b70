"""What is written to the ledger, and what it answers: plain values, no database in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

IDENTIFIERS: Final = (
    "patient_id",
    "accession_number",
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "station_name",
)
"""The columns that the setting `identifiers` governs."""
CODES: Final = ("modality", "body_part_examined", "laterality", "view_position")
"""The columns of elements that hold code strings (CS) in files that conform."""
UIDS: Final = ("transfer_syntax_uid",)
"""Those that hold UIDs, and identify no patient."""
PEERS: Final = ("calling_ae", "calling_address")
"""Those that say who sent a file over DICOM."""
HEADER_TEXTS: Final = (
    *CODES,
    *IDENTIFIERS,
    *UIDS,
    "manufacturer",
    "manufacturer_model_name",
    *PEERS,
)
HEADER_COLUMNS: Final = (*HEADER_TEXTS, "rows", "columns", "frames")
"""What a row holds of the file's header."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One start of the daemon.

    Attributes
    ----------
    started_at : datetime
        Aware.
    host, version, settings_digest : str
        Where, which inboxray, and with which settings.
    pid : int
        Process id of the daemon.
    """

    started_at: datetime
    host: str
    version: str
    settings_digest: str
    pid: int


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One released model; `sha256` (64 hexadecimal digits, of the network's file) is its identity."""

    name: str
    version: str
    sha256: str
    thresholds: Mapping[str, object] = field(default_factory=dict)
    calibration: Mapping[str, object] = field(default_factory=dict)
    training_digest: str | None = None


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """The answer of the scan's model for one frame.

    Attributes
    ----------
    frame : int
        From 1.
    logit : float
        The network's output.
    score, probability : float
        Calibrated, in [0, 1]: at the prevalence of the calibration, and at that of the settings.
    distance : float or None
        How unlike the training pictures it is; None if the network gives no features.
    decision : str
        One of `storage.vocabulary.DECISIONS`.
    heat_map : bytes or None
        A square of float32, little endian, row by row; as large as the release states.
    region : str or None
        The part of the body that the network sees.
    """

    frame: int
    logit: float
    score: float
    probability: float
    distance: float | None
    decision: str
    heat_map: bytes | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """One arrival and its answer; the names are those of the columns of `scans`.

    Attributes
    ----------
    received_at, finished_at : datetime
        Aware.
    outcome, error_code, decision : str or None
        Words of `storage.vocabulary`; a decision, a probability and a score if and only if classified.
    model_sha256 : str or None
        Of a model that was registered before.
    sha256 : str or None
        64 hexadecimal digits of the file's bytes; None if it was never opened.
    durations : mapping of str to float
        Seconds a stage took.
    is_canary : bool
        True for a synthetic scan that the daemon dropped itself: it is in no view and no count.
    device : str or None
        What made the picture, as a hash of its three names.
    picture : mapping of str to float, or None
        What drift is measured by; see `model.drift.appearance`.
    prevalence : float or None
        The share of fractured scans that the probability assumes.
    """

    scan_id: str
    received_at: datetime
    finished_at: datetime
    source_name: str
    outcome: str
    stored_path: str
    error_code: str | None = None
    decision: str | None = None
    probability: float | None = None
    score: float | None = None
    model_sha256: str | None = None
    pipeline_version: str | None = None
    frames: int | None = None
    modality: str | None = None
    body_part_examined: str | None = None
    laterality: str | None = None
    view_position: str | None = None
    patient_id: str | None = None
    accession_number: str | None = None
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    transfer_syntax_uid: str | None = None
    rows: int | None = None
    columns: int | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    duplicate_of: str | None = None
    requeued_from: str | None = None
    attempts: int = 1
    warnings: tuple[str, ...] = ()
    durations: Mapping[str, float] = field(default_factory=dict)
    is_canary: bool = False
    device: str | None = None
    picture: Mapping[str, float] | None = None
    error_detail: str | None = None
    manufacturer: str | None = None
    manufacturer_model_name: str | None = None
    station_name: str | None = None
    calling_ae: str | None = None
    calling_address: str | None = None
    region: str | None = None
    prevalence: float | None = None
    predictions: tuple[PredictionRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recovery needs to know of a scan that has its row."""

    scan_id: str
    outcome: str
    error_code: str | None
    stored_path: str
    source_name: str
    error_detail: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The first classified scan with the same bytes, and its predictions by frame."""

    scan_id: str
    model_sha256: str
    pipeline_version: str | None
    decision: str
    probability: float
    score: float
    frames: int | None
    predictions: tuple[PredictionRecord, ...]
