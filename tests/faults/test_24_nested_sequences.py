"""Fault 24: sequences in sequences, however deep, have an outcome.

Break it: let `RecursionError` through in `model.reading.dicom.file.header_dataset`.
"""

import pytest

from tests.support.bombs import nested


@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
def test_depth_ends_in_an_outcome(daemon, is_cut):
    depths = (50, 300, 5000, 50_000)
    files = {f"{depth}.dcm": nested(depth, has_end=True)[: -4 if is_cut else None] for depth in depths}

    codes = daemon.codes(f"nested_{is_cut}", files)

    assert codes["50.dcm"] == ("truncated" if is_cut else "classified")
    assert set(codes.values()) <= {"classified", "unreadable", "truncated"}
    assert not is_cut or "classified" not in codes.values()
