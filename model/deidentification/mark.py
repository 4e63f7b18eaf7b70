"""What a de-identified file reports of itself: that it is one, and by which methods.

References
----------
PS3.3 C.7.1.1 (Patient Identity Removed, De-identification Method), C.12.1 (Longitudinal Temporal Information
Modified); PS3.16 CID 7050 De-identification Method.
"""

import io
from typing import Final

METHODS: Final = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
"""Code value and meaning, of the scheme DCM."""


def marks(method: str) -> dict[str, str]:
    """Return the elements with a value.

    Parameters
    ----------
    method : str
        What de-identifies, for people; 64 characters.

    Returns
    -------
    dict of str to str
        By keyword; De-identification Method Code Sequence comes beside them, with `METHODS`.
    """
    return {
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": method,
        "LongitudinalTemporalInformationModified": "MODIFIED",
    }


def marked(content: bytes, method: str) -> bytes:
    """Mark an object of our own that was made of a de-identified file.

    Parameters
    ----------
    content : bytes
        A whole file, as `model.dicom_results.make` makes it.
    method : str

    Returns
    -------
    bytes
        The same input gives the same bytes.
    """
    from pydicom import dcmread, dcmwrite
    from pydicom.dataset import Dataset

    made = dcmread(io.BytesIO(content))
    for keyword, value in marks(method).items():
        setattr(made, keyword, value)
    items = []
    for code, meaning in METHODS:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
        items.append(item)
    made.DeidentificationMethodCodeSequence = items
    written = io.BytesIO()
    dcmwrite(written, made, enforce_file_format=True)
    return written.getvalue()
