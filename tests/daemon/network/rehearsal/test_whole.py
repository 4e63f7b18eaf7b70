"""A picture that arrived has the same bytes and transfer syntax; its header may be written anew."""

import numpy as np
from pydicom.uid import ImplicitVRLittleEndian

from daemon.network.rehearsal.whole import is_same_picture, picture_of, sop_instance_of
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


def test_the_instance_is_that_of_the_data_set():
    file = to_bytes(image(PIXELS, SOPInstanceUID="1.2.3"))
    assert sop_instance_of(file) == "1.2.3"
    assert sop_instance_of(bytes(200)) is None


def test_a_bare_data_set_has_its_instance_and_its_picture_whatever_carried_it():
    """Break it: look for the instance in the File Meta Information: an old file is never forwarded."""
    file = to_bytes(image(PIXELS, SOPInstanceUID="1.2.3"), ImplicitVRLittleEndian)
    bare = file[144 + int.from_bytes(file[140:144], "little") :]
    assert sop_instance_of(bare) == "1.2.3"
    explicit = picture_of(to_bytes(image(PIXELS)))
    assert is_same_picture(picture_of(bare), explicit)
    assert not is_same_picture(picture_of(file), explicit)
    assert not is_same_picture(picture_of(bare), picture_of(to_bytes(image(PIXELS + 1))))
