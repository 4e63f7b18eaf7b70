"""Records for tests, with every field that a classified or a failed scan has."""

import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import ModelRecord, PredictionRecord, RunRecord, ScanRecord

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = RunRecord(started_at=NOON, host="host-1", version="0.1.0", settings_digest="d" * 64, pid=4242)
MODEL = ModelRecord(
    name="inboxray-test",
    version="1.0.0",
    sha256="a" * 64,
    thresholds={"rule_out": 0.1, "rule_in": 0.9},
    calibration={"slope": 1.5, "intercept": -0.25},
    training_digest="b" * 64,
)
HEAT_MAP = struct.pack("<49f", *range(49))


def scan_id(number: int) -> str:
    """Return an id in the form of a UUIDv7, whose order is that of the numbers."""
    return f"01935a7c-{number >> 16:04x}-7{number & 0xFFF:03x}-8000-{number:012x}"


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def prediction(frame: int = 1, **changed: Any) -> PredictionRecord:
    fields: dict[str, Any] = {
        "frame": frame,
        "logit": 1.25 + frame,
        "score": 0.75,
        "probability": 0.625,
        "distance": 3.5,
        "decision": "fractured",
        "heat_map": HEAT_MAP,
    }
    return PredictionRecord(**(fields | changed))


def classified(number: int, **changed: Any) -> ScanRecord:
    """Return a classified scan; its time, digest and ids follow from its number."""
    fields: dict[str, Any] = {
        "scan_id": scan_id(number),
        "received_at": NOON + timedelta(seconds=number),
        "finished_at": NOON + timedelta(seconds=number, milliseconds=250),
        "source_name": f"ward/{number}.dcm",
        "outcome": "classified",
        "decision": "fractured",
        "probability": 0.625,
        "score": 0.75,
        "model_sha256": MODEL.sha256,
        "pipeline_version": "1",
        "frames": 1,
        "modality": "DX",
        "body_part_examined": "HAND",
        "laterality": "L",
        "view_position": "PA",
        "patient_id": f"patient-{number}",
        "accession_number": f"accession-{number}",
        "study_instance_uid": f"1.2.3.{number}",
        "series_instance_uid": f"1.2.3.{number}.1",
        "sop_instance_uid": f"1.2.3.{number}.1.1",
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "rows": 2500,
        "columns": 2048,
        "size_bytes": 10_240_512,
        "sha256": digest(number),
        "stored_path": f"done/2026-11-23/ward/{number}.dcm",
        "warnings": ("odd_window",),
        "durations": {"decode": 0.25, "classify": 0.0125},
        "predictions": (prediction(),),
    }
    return ScanRecord(**(fields | changed))


def failed(number: int, error_code: str = "truncated", **changed: Any) -> ScanRecord:
    """Return a scan that failed before anything of its header was known."""
    fields: dict[str, Any] = {
        "scan_id": scan_id(number),
        "received_at": NOON + timedelta(seconds=number),
        "finished_at": NOON + timedelta(seconds=number, milliseconds=250),
        "source_name": f"ward/{number}.dcm",
        "outcome": "failed",
        "error_code": error_code,
        "sha256": digest(number),
        "stored_path": f"failed/2026-11-23/ward/{number}.dcm",
    }
    return ScanRecord(**(fields | changed))
