"""Which pictures are of one patient, where no manifest says so."""

import hashlib
from collections.abc import Sequence

from model.errors import ScanError
from model.reading.prepare import open_pictures

_FROM_HEADER = "dicom:"


def patient_id_of(content: bytes) -> str | None:
    """Return the patient whose picture a DICOM file is.

    Parameters
    ----------
    content : bytes
        Of any file.

    Returns
    -------
    str or None
        The same for files with the same Patient ID (0010,0020), which it does not show; None if there is
        none, or the file is no DICOM file that can be read.
    """
    try:
        patient_id = (open_pictures(content).header.patient_id or "").strip()
    except ScanError:
        return None
    return _FROM_HEADER + hashlib.sha256(patient_id.encode()).hexdigest() if patient_id else None


def join_patients(sources: Sequence[str], patients: Sequence[str]) -> tuple[str, ...]:
    """Join patients that share a source, so that a split by patient never parts copies of a picture.

    Parameters
    ----------
    sources, patients : sequence of str
        Of each picture.

    Returns
    -------
    tuple of str
        The patient of each picture: a name that is known, the first if several; else that of the first
        source, so that nothing from a header gets into a result.
    """
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for source, patient in zip(sources, patients, strict=True):
        parent[root(("source", source))] = root(("patient", patient))
    names: dict[tuple[str, str], tuple[bool, str]] = {}
    for source, patient in zip(sources, patients, strict=True):
        hidden = patient.startswith(_FROM_HEADER)
        group = root(("patient", patient))
        names[group] = min(names.get(group, (True, source)), (hidden, source if hidden else patient))
    return tuple(names[root(("patient", patient))][1] for patient in patients)
