import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from daemon.errors import BadDataError, MissingFileError
from daemon.spool.folders import Spool
from daemon.web.drawings import Drawings
from storage.scan_detail import ScanDetail
from tests.support.pictures import drop, pixels, png_bytes
from tests.support.records import scan_id


@pytest.fixture
def detail():
    return ScanDetail(
        {
            "scan_id": scan_id(1),
            "stored_path": "done/a.png",
            "sha256": hashlib.sha256(png_bytes(1)).hexdigest(),
            "outcome": "classified",
            "model_id": 1,
        },
        {},
        None,
        ({"model_id": 1, "frame": 1, "decision": "fractured", "heat_map": np.eye(7, dtype="<f4").tobytes()},),
        (),
        (),
    )


@pytest.fixture
def drawings(tmp_path, children):
    drop(tmp_path / "done/a.png", png_bytes(1))
    return Drawings(Spool(tmp_path), children)


def opened(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_picture_is_that_of_the_pipeline_and_a_map_is_laid_over_it(drawings, detail):
    picture, heat_map = opened(drawings.picture(detail, 1)), opened(drawings.heat_map(detail, 1))
    assert np.abs(picture.astype(int) - pixels(1, bits=8)).max() <= 1
    assert heat_map.shape[2] == 3
    assert heat_map.shape[0] > picture.shape[0]


def test_a_frame_that_is_not_there_is_missing(drawings, detail):
    for draw in (drawings.picture, drawings.heat_map):
        with pytest.raises(MissingFileError, match="no frame 2"):
            draw(detail, 2)


def test_another_file_in_its_place_is_never_shown_as_the_scan(drawings, detail, tmp_path):
    """Break it: leave out the comparison of the hashes. One patient's answer over another's film."""
    (tmp_path / "done/a.png").write_bytes(png_bytes(2))
    for draw in (drawings.picture, drawings.heat_map):
        with pytest.raises(BadDataError, match="has changed since"):
            draw(detail, 1)
    (tmp_path / "done/a.png").unlink()
    with pytest.raises(MissingFileError, match="not where its row says"):
        drawings.picture(detail, 1)
