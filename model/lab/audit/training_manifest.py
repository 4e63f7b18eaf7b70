"""The manifest that an audit writes for training: what its owner states, joined with what was found."""

import csv
from pathlib import Path
from typing import Final

from model.lab.audit.audit import Audit, AuditedFile
from model.lab.audit.findings import contradictions
from model.lab.dataset.annotations import COLUMNS as ANNOTATIONS
from model.lab.dataset.patients import join_patients

_COLUMNS: Final = ("file", "label", "source_group", "patient_group", "provenance")
_BLOCK: Final = "block"


def write_manifest(audit: Audit, path: Path) -> None:
    """Write the files that can be learned from, with sources and patients.

    Files that are broken, or whose source has two labels, are left out. Files are copies, and of one patient,
    if the audit found it or the columns of the audited manifest say so.

    Parameters
    ----------
    audit : Audit
    path : Path
        Of the CSV file; replaced if it is there.

    Raises
    ------
    OSError
        It cannot be written.
    """
    torn = contradictions(audit)
    files = [one for one in audit.files if not one.facts.error_code and one.source not in torn]
    sources = _joined(
        [one.source for one in files], [_stated(one, "source_group", "picture") for one in files]
    )
    patients = _joined([one.patient for one in files], [_stated(one, "patient_group") for one in files])
    more = [
        name for name in (_BLOCK, *ANNOTATIONS) if any(_stated(one, name) for one in files)
    ]  # a column of nothing says nothing
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*_COLUMNS, *more))
        for file, source, patient in zip(files, sources, patients, strict=True):
            entry = file.entries[0]
            row = (entry.path.resolve(), entry.label, source, patient, entry.provenance)
            writer.writerow((*row, *(_stated(file, name) for name in more)))


def _stated(file: AuditedFile, *columns: str) -> str:
    """Return what the owner's manifest has in the first of these columns that says something."""
    rows = (entry.columns for entry in file.entries)
    return next((row[name] for row in rows for name in columns if row.get(name)), "")


def _joined(found: list[str], stated: list[str]) -> tuple[str, ...]:
    """Join groups that the owner states to be one; each keeps a name that the audit gave."""
    return join_patients(
        [f"stated {name}" if name else f"found {one}" for one, name in zip(found, stated, strict=True)], found
    )
