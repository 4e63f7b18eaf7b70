"""Audits of files that do not exist: what an audit found is a value."""

from pathlib import Path

from model.lab.audit.audit import Audit, AuditedFile
from model.lab.audit.collection import Entry
from model.lab.audit.file_facts import FileFacts


def audited(sha256, *rows, source="s", patient="p", **facts):
    """Give a file with rows of (label, split); its facts are sound unless others are named."""
    known = {"format": "png", "error_code": "", "has_wrong_ending": False} | facts
    entries = tuple(
        Entry(Path(f"{sha256}-{number}.png"), f"{sha256}-{number}.png", label, split, "clinic")
        for number, (label, split) in enumerate(rows)
    )
    return AuditedFile(FileFacts(sha256, **known), entries, source, patient)


def audit_of(*files, floor_is_missing="too few patients"):
    """Give an audit of files, without pairs."""
    return Audit(files, {}, (), (), (), {}, floor_is_missing)
