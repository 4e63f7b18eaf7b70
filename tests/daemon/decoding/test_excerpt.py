import os
from dataclasses import replace

import numpy as np
import pytest

from daemon.decoding.excerpt import excerpt_file
from daemon.decoding.messages import ExcerptRequest
from model.reading.display import Rescale, Window
from model.reading.prepare import open_pictures
from model.reading.preprocess import preprocess
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.opened import with_file
from tests.support.pictures import pixels, png_bytes

FRAMES = np.stack([pixels(seed) for seed in range(3)])


def excerpt(folder, data, frame=1, *, is_drawn=True, limits=LIMITS):
    path = folder / "scan"
    path.write_bytes(data)
    return with_file(excerpt_file, os.fsencode(path), limits, ExcerptRequest(frame, is_drawn), None)


def test_the_texts_of_the_header_and_the_frame_that_is_wanted_are_taken(tmp_path):
    data = native(FRAMES, PatientID="P-1", StudyID="S", WindowCenter=2000, WindowWidth=4001)
    found = excerpt(tmp_path, data, 2)
    assert found.outcome is None
    assert found.excerpt.texts["PatientID"] == "P-1"
    np.testing.assert_array_equal(found.inputs, preprocess(list(open_pictures(data))[1])[None])
    shown = found.excerpt.shown
    assert (shown.rows, shown.columns, shown.is_grey, shown.is_inverse) == (96, 80, True, False)
    assert (shown.modality, shown.voi, shown.has_negative) == (None, Window(2000, 4001), False)


def test_without_a_picture_no_pixel_is_decoded(tmp_path):
    """Break it: decode always. This file's pixels cannot be."""
    data = native(pixels(1), PhotometricInterpretation="PALETTE COLOR", PixelAspectRatio=[2, 1])
    assert excerpt(tmp_path, data).error_code == "bad_header"
    found = excerpt(tmp_path, data, is_drawn=False)
    assert (found.outcome, found.inputs, found.excerpt.shown) == (None, None, None)
    assert found.excerpt.aspect == 2


@pytest.mark.parametrize(
    ("stored", "elements", "expected"),
    [
        (pixels(1), {"PhotometricInterpretation": "MONOCHROME1"}, (True, True, False)),
        (pixels(1), {"RescaleSlope": "1", "RescaleIntercept": "-10"}, (True, False, True)),
        (np.dstack([pixels(1, bits=8).astype(np.uint8)] * 3), {}, (False, False, False)),
    ],
)
def test_how_it_was_shown_is_told(tmp_path, stored, elements, expected):
    shown = excerpt(tmp_path, native(stored, **elements)).excerpt.shown
    assert (shown.is_grey, shown.is_inverse, shown.has_negative) == expected
    if "RescaleSlope" in elements:
        assert shown.modality == Rescale(1, -10)


def test_a_picture_file_has_no_excerpt(tmp_path):
    found = excerpt(tmp_path, png_bytes(1))
    assert (found.outcome, found.header.format, found.excerpt, found.inputs) == (None, "png", None, None)


def test_a_frame_that_is_not_there_and_a_file_beyond_limits_have_their_codes(tmp_path):
    assert excerpt(tmp_path, native(pixels(1)), 2).error_code == "bad_pixels"
    small = replace(LIMITS, pixels=replace(LIMITS.pixels, max_frames=2))
    assert excerpt(tmp_path, native(FRAMES), limits=small).error_code == "too_large"


def test_a_child_of_the_pool_does_the_same(tmp_path, children):
    """Break it: leave the function out of the pool's works."""
    path = tmp_path / "scan.dcm"
    path.write_bytes(native(FRAMES, PatientName="Yamada^Tarou"))
    found = children.excerpt(os.fsencode(path), ExcerptRequest(3, is_drawn=True)).result()
    assert found.excerpt.texts["PatientName"] == "Yamada^Tarou"
    np.testing.assert_array_equal(found.inputs, excerpt(tmp_path, path.read_bytes(), 3).inputs)
