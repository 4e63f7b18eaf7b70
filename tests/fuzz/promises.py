"""What holds for every file, whatever is in it."""

import io

import numpy as np

from model.errors import ScanError
from model.reading.completeness import Completeness, examine
from model.reading.prepare import prepare


def answer(data):
    """Prepare a file and check what is promised of it; return its error code, or ``classified``.

    The structure is examined without an exception; the file ends in frames or in a `ScanError`, nothing else;
    and what is incomplete is neither classified nor called an object without image (faults 17 and 23).
    """
    completeness = examine(io.BytesIO(data), len(data))
    assert isinstance(completeness, Completeness)
    try:
        prepared = prepare(data)
    except ScanError as error:
        if error.outcome == "rejected" and completeness is Completeness.INCOMPLETE:
            raise AssertionError("a file that was cut is called sound") from error
        return error.code
    assert completeness is Completeness.COMPLETE
    assert (len(prepared.inputs), 224, 224) == prepared.inputs.shape
    assert prepared.inputs.dtype == np.uint16
    assert prepared.header.frames in (len(prepared.inputs), None)
    return "classified"
