"""Fault 24: sequences in sequences, however deep, have an outcome.

Break it: let `RecursionError` through in `model.dicom.file._read_dataset`.
"""

import numpy as np
import pytest

from tests.support.dicom_files import native

SEQUENCE = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
END = b"\xfe\xff\x0d\xe0\x00\x00\x00\x00" + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
MODALITY = b"\x08\x00\x60\x00CS"


def nested(depth):
    """Give a sound file with sequences in one another, of undefined length, early in it."""
    data = native((np.add.outer(np.arange(30), np.arange(20)) * 90).astype(np.uint16))
    place = data.index(MODALITY) + 10
    return data[:place] + SEQUENCE * depth + END * depth + data[place:]


@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
def test_depth_ends_in_an_outcome(daemon, is_cut):
    files = {f"{depth}.dcm": nested(depth)[: -4 if is_cut else None] for depth in (50, 300, 5000, 50_000)}

    codes = daemon.codes(f"nested_{is_cut}", files)

    assert codes["50.dcm"] == ("truncated" if is_cut else "classified")
    assert set(codes.values()) <= {"classified", "unreadable", "truncated"}
    assert not is_cut or "classified" not in codes.values()
