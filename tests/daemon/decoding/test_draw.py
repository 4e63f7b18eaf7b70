import os
from dataclasses import replace

import numpy as np
import pytest

from daemon.decoding.decode import decode_file
from daemon.decoding.draw import draw_file
from daemon.decoding.messages import CANNOT_WRITE, HeatMapRequest
from model.reading.prepare import open_pictures
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.opened import pictures_in, with_file
from tests.support.pictures import pixels

MAP = np.arange(49, dtype="<f4").tobytes()


def draw(tmp_path, data, *maps, limits=LIMITS):
    (tmp_path / "scan").write_bytes(data)
    place = pictures_in(tmp_path / "pictures")
    return with_file(draw_file, os.fsencode(tmp_path / "scan"), limits, HeatMapRequest(b"", maps), place)


@pytest.fixture
def three_frames():
    return native(np.stack([pixels(1), pixels(2), pixels(3)]), WindowCenter=2000, WindowWidth=4001)


def test_frames_with_a_map_are_drawn_full_size_under_their_number(tmp_path, three_frames):
    done = draw(tmp_path, three_frames, MAP, None, MAP)
    assert (done.outcome, done.inputs) == (None, None)
    drawn = sorted((tmp_path / "pictures").iterdir())
    assert [path.name for path in drawn] == ["0001.png", "0003.png"]
    rows, columns = next(iter(open_pictures(drawn[0].read_bytes()))).shape
    assert rows >= pixels(1).shape[0]  # and a caption
    assert columns >= pixels(1).shape[1]


def test_it_is_about_the_bytes_that_were_classified(tmp_path, three_frames):
    done = draw(tmp_path, three_frames, MAP, MAP, MAP)
    assert done.sha256 == with_file(decode_file, os.fsencode(tmp_path / "scan"), LIMITS).sha256


def test_a_disk_that_takes_no_picture_is_said_by_its_error(tmp_path, three_frames):
    (tmp_path / "pictures").touch()
    done = draw(tmp_path, three_frames, MAP, None, None)
    assert (done.outcome, done.error_code, done.warnings) == ("failed", CANNOT_WRITE, ("ENOTDIR",))


def test_a_file_that_cannot_be_read_has_its_code(tmp_path, three_frames):
    small = replace(LIMITS, pixels=replace(LIMITS.pixels, max_frames=2))
    assert draw(tmp_path, three_frames, MAP, limits=small).error_code == "too_large"
    assert not (tmp_path / "pictures").exists()
