"""A picture that arrived has the same bytes and transfer syntax; its header may be written anew."""

import numpy as np
from pydicom.uid import ImplicitVRLittleEndian

from daemon.network.rehearsal.whole import picture_of, sop_instance_of
from tests.support.dicom_files import encapsulated, image, to_bytes

PIXELS = np.arange(64, dtype=np.uint16).reshape(8, 8)
RLE = "1.2.840.10008.1.2.5"


def test_the_same_pixels_are_the_same_picture_whatever_the_header():
    one = picture_of(to_bytes(image(PIXELS, PatientID="P1")))
    other = picture_of(to_bytes(image(PIXELS, PatientID="another", StationName="Room 1")))
    assert one == other
    assert one.digest
    assert one != picture_of(to_bytes(image(PIXELS + 1)))
    assert one != picture_of(to_bytes(image(PIXELS), ImplicitVRLittleEndian))


def test_a_cut_file_has_no_picture():
    assert picture_of(to_bytes(image(PIXELS))[:-2]).digest == ""


def test_encoded_frames_are_compared_as_they_are():
    files = [encapsulated(PIXELS, [frame], RLE) for frame in (b"frame-01", b"frame-02", b"frame-01")]
    pictures = [picture_of(file) for file in files]
    assert pictures[0] == pictures[2] != pictures[1]


def test_the_instance_is_that_of_the_file_meta_information():
    assert sop_instance_of(to_bytes(image(PIXELS, SOPInstanceUID="1.2.3"))) == "1.2.3"
    assert sop_instance_of(bytes(200)) is None
