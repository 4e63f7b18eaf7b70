"""The table of what is expected of every file in the data folder's `dicom/`."""

import csv

from tests.support.shared import ROOT, SHARED

FOLDER = SHARED / "dicom"
_TABLE = ROOT / "tests" / "model" / "expected_dicom.csv"


def expected():
    """Read the table: dictionaries of file, outcome, error_code, frames and doubt, all of them text."""
    with _TABLE.open(newline="") as file:
        return list(csv.DictReader(file))
