"""Each file is proposed in its own transfer syntax, so that nothing on the way decodes it."""

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from daemon.network.rehearsal.inside import _proposal
from tests.support.dicom_files import image, to_bytes


@pytest.mark.parametrize(
    ("syntax", "option"),
    [(ImplicitVRLittleEndian, "-xi"), (ExplicitVRLittleEndian, "-xe"), (ExplicitVRBigEndian, "-xb")],
)
def test_a_file_is_proposed_as_it_is(tmp_path, syntax, option):
    file = tmp_path / "a.dcm"
    file.write_bytes(to_bytes(image(np.zeros((4, 4), np.uint16)), syntax))
    assert _proposal(file) == [option]


def test_what_dcmtk_cannot_propose_is_left_to_it(tmp_path):
    file = tmp_path / "a.dcm"
    file.write_bytes(bytes(200))
    assert _proposal(file) == []
