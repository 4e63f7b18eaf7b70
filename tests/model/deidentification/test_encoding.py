"""Elements as pydicom reads them back, in each encoding."""

from io import BytesIO

import pytest
from pydicom.filereader import read_dataset

from model.deidentification.encoding import Encoding


@pytest.mark.parametrize("encoding", [Encoding(True, False), Encoding(False, False), Encoding(False, True)])
def test_what_is_written_is_read(encoding):
    order = "big" if encoding.is_big_endian else "little"
    item = encoding.element(0x0008_0100, "SH", b"odd")
    written = encoding.sequence(0x0008_2218, [item, b""])
    written += encoding.element(0x0010_0020, "LO", b"P1")
    written += encoding.element(0x0020_000D, "UI", b"1.2.3")
    written += encoding.element(0x0028_0010, "US", (300).to_bytes(2, order))
    read = read_dataset(BytesIO(written), encoding.is_implicit, not encoding.is_big_endian)
    assert [one.get("CodeValue") for one in read.AnatomicRegionSequence] == ["odd", None]
    assert (read.PatientID, read.StudyInstanceUID, read.Rows) == ("P1", "1.2.3", 300)
