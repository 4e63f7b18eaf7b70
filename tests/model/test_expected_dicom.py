"""Every file of the data folder has the outcome that a radiographer would expect.

Where one may doubt it, the table says so.
"""

import pytest

from model.errors import ScanError
from model.reading.prepare import prepare
from tests.support.expected import FOLDER, expected
from tests.support.shared import needs_shared


def found(row):
    answer = row | {"outcome": "classified", "error_code": "", "frames": ""}
    try:
        return answer | {"frames": str(len(prepare((FOLDER / row["file"]).read_bytes()).inputs))}
    except ScanError as error:
        return answer | {"outcome": error.outcome, "error_code": error.code}


@needs_shared
@pytest.mark.shared
def test_every_file_at_hand_has_the_outcome_of_the_table(capfd):
    """Break it: let `model.reading.dicom.file` raise `NoImage` for `Truncated`, or refuse a wrong header."""
    names = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.dcm"))

    assert [row["file"] for row in expected()] == names
    assert expected() == [found(row) for row in expected()]
    assert capfd.readouterr() == ("", "")


def test_the_table_speaks_of_outcomes_that_exist():
    codes = {kind.code: kind.outcome for kind in ScanError.__subclasses__()}
    for row in expected():
        assert codes.get(row["error_code"], "classified") == row["outcome"]
        assert (row["outcome"] == "classified") == (row["frames"] != "")
