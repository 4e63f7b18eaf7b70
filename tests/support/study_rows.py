"""Rows of a study, as the ledger gives them."""

from datetime import timedelta

from storage.study import StudyScan
from tests.support.records import NOON


def row(number, answer="not_fractured", probability=0.1, **changed):
    """Make a row by its number: of its own bytes and its own SOP instance."""
    is_classified = answer in ("fractured", "uncertain", "abstained", "not_fractured")
    fields = {
        "seq": number,
        "scan_id": f"scan-{number}",
        "study_instance_uid": "1.2",
        "sop_instance_uid": f"1.2.{number}",
        "sha256": f"{number}",
        "finished_at": NOON + timedelta(seconds=number),
        "outcome": "classified" if is_classified else answer,
        "error_code": None if is_classified else "truncated",
        "decision": answer if is_classified else None,
        "probability": probability if is_classified else None,
        "model": "one@1" if is_classified else None,
        "pipeline_version": "1",
        "patient_id": "P-secret",
        "accession_number": None,
        "modality": "DX",
        "body_part_examined": "HAND",
        "manufacturer": "Maker",
        "manufacturer_model_name": None,
        "station_name": "Room",
        "source_name": f"{number}.dcm",
    }
    return StudyScan(**(fields | changed))
