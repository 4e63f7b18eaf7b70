import os
from dataclasses import replace

import numpy as np

from daemon.decoding.convert import convert_file
from daemon.decoding.decode import decode_file
from daemon.decoding.messages import PictureRequest
from model.reading.eligibility import Eligibility
from model.reading.prepare import open_pictures
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.opened import pictures_in, with_file
from tests.support.pictures import dicom_bytes, pixels


def convert(tmp_path, data, limits=LIMITS, *, bits=16, size=None, only=None):
    (tmp_path / "scan").write_bytes(data)
    order = PictureRequest(b"", bits, size, only)
    place = pictures_in(tmp_path / "pictures")
    return with_file(convert_file, os.fsencode(tmp_path / "scan"), limits, order, place)


def written(tmp_path):
    """Give the pictures that were written, in the order of their names."""
    found = sorted((tmp_path / "pictures").iterdir())
    return [path.name for path in found], [next(iter(open_pictures(path.read_bytes()))) for path in found]


def test_the_picture_is_that_of_the_pipeline_and_does_not_pass_through_the_parent(tmp_path):
    data = dicom_bytes(1, PatientID="4711")
    done = convert(tmp_path, data)
    names, (picture,) = written(tmp_path)
    assert (done.outcome, done.inputs, names) == (None, None, ["0001.png"])
    np.testing.assert_array_equal(next(iter(open_pictures(data))), picture)
    assert b"4711" not in (tmp_path / "pictures" / "0001.png").read_bytes()


def test_at_the_networks_size_it_is_the_networks_input(tmp_path):
    frames = np.stack([pixels(1), pixels(2), pixels(3)])
    convert(tmp_path, native(frames, WindowCenter=2000, WindowWidth=4001), size=224)
    names, pictures = written(tmp_path)
    assert names == ["0001.png", "0002.png", "0003.png"]
    inputs = with_file(decode_file, os.fsencode(tmp_path / "scan"), LIMITS).inputs
    np.testing.assert_array_equal(inputs, np.stack(pictures))


def test_of_many_frames_one_is_written_under_its_number(tmp_path):
    """Break it: write all: a page that shows each of n frames costs n times n."""
    frames = np.stack([pixels(1), pixels(2), pixels(3)])
    data = native(frames, WindowCenter=2000, WindowWidth=4001)
    convert(tmp_path, data, only=2)
    names, (picture,) = written(tmp_path)
    assert names == ["0002.png"]
    np.testing.assert_array_equal(picture, list(open_pictures(data))[1])


def test_8_bits_are_half_a_step_away(tmp_path):
    data = dicom_bytes(1)
    convert(tmp_path, data, bits=8, size=50)
    _, (picture,) = written(tmp_path)
    assert picture.shape == (50, 50)
    assert np.all(picture % 257 == 0)


def test_what_the_settings_exclude_is_converted_all_the_same(tmp_path):
    limits = replace(LIMITS, eligibility=Eligibility(exclude_modalities=frozenset({"CR"})))
    assert convert(tmp_path, dicom_bytes(1), limits).outcome is None


def test_a_broken_file_has_its_code(tmp_path):
    done = convert(tmp_path, dicom_bytes(1)[:-5])
    assert (done.outcome, done.error_code) == ("failed", "truncated")


def test_a_folder_that_takes_no_picture_is_said(tmp_path):
    (tmp_path / "pictures").write_text("in the way")
    done = convert(tmp_path, dicom_bytes(1))
    assert (done.outcome, done.error_code, done.warnings) == ("failed", "cannot_write", ("ENOTDIR",))
