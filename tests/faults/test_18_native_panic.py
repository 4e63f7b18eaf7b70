"""Fault 18: a panic outside `Exception`, as native decoders raise, is an answer like another.

Break it: catch `Exception` in `model.reading.prepare._boundary`, and decode RLE with pylibjpeg-rle.
"""

import pytest

from tests.fuzz.campaign import campaign
from tests.support.shared import SHARED, needs_shared


def test_damaged_rle_ends_in_frames_or_a_scan_error():
    codes, broken = campaign(1000, 1250, ["rle", "rle_frames"])

    assert broken == []
    assert codes.total() == 500
    assert codes["bad_pixels"] > 10


@needs_shared
@pytest.mark.shared
def test_the_file_that_makes_a_decoder_panic_fails_by_its_pixels(daemon):
    data = (SHARED / "dicom" / "malformed_or_odd" / "rle_panic.dcm").read_bytes()

    assert daemon.codes("panic", {"a.dcm": data}) == {"a.dcm": "bad_pixels"}
