import io

import pytest

pytest.importorskip("starlette", reason="the extra `page` is not installed")

from PIL import Image
from starlette.requests import Request

from daemon.decoding.messages import FramePreview
from daemon.errors import MissingFileError
from daemon.pictures.stored_previews import StoredPreviews
from daemon.spool.folders import Spool
from daemon.web.drawings import Drawings
from daemon.web.scan_pictures import ScanPictures
from storage.engine import open_engine
from storage.urls import sqlite_url
from tests.support.daemons import files
from tests.support.pictures import dicom_bytes, small_jpeg
from tests.support.recorded import fill
from tests.support.records import classified, scan_id


@pytest.fixture
def pictures(tmp_path, children):
    import hashlib

    data = dicom_bytes(1)
    row = classified(1, sha256=hashlib.sha256(data).hexdigest())
    spool = Spool(fill(tmp_path / "spool", [row]))
    (spool.root / row.stored_path).write_bytes(data)
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    yield ScanPictures(engine, Drawings(spool, children))
    engine.dispose()


def asked(frame):
    return Request({"type": "http", "path_params": {"scan_id": scan_id(1), "frame": frame}, "headers": []})


def opened(response):
    assert response.media_type == "image/png"
    return Image.open(io.BytesIO(response.body))


def test_a_picture_is_as_large_as_the_film_and_a_thumbnail_small(pictures):
    assert opened(pictures.picture(asked(1))).size == (80, 96)
    assert max(opened(pictures.thumbnail(asked(1))).size) == 256


def test_a_thumbnail_that_was_kept_is_given_without_its_file(pictures, tmp_path):
    """Break it: draw it each time. A worklist of fifty scans decodes fifty files."""
    spool = Spool(tmp_path / "spool")
    StoredPreviews(spool).write(scan_id(1), [FramePreview(small_jpeg(b"large"), small_jpeg(b"kept"))])
    for path in files(spool.done):
        path.unlink()
    answer = pictures.thumbnail(asked(1))

    assert (answer.media_type, answer.body) == ("image/jpeg", small_jpeg(b"kept"))
    assert pictures.preview(asked(1)).body == small_jpeg(b"large")
    with pytest.raises(MissingFileError):
        pictures.thumbnail(asked(2))


def test_the_map_alone_is_a_square_and_the_overlay_lies_on_the_film(pictures):
    drawn = opened(pictures.heat_map(asked(1)))
    assert (drawn.mode, drawn.size) == ("RGBA", (256, 256))
    assert drawn.getchannel("A").getextrema() == (0, 255)
    assert opened(pictures.overlay(asked(1))).mode == "RGB"


@pytest.mark.parametrize("kind", ["picture", "preview", "thumbnail", "heat_map"])
def test_a_frame_that_is_not_there_is_missing(pictures, kind):
    with pytest.raises(MissingFileError):
        getattr(pictures, kind)(asked(7))


def test_outlines_are_an_svg_of_the_square(pictures):
    given = pictures.outlines(asked(1))
    assert given.media_type == "image/svg+xml"
    assert b"<polyline" in given.body


def test_a_frame_that_is_not_there_has_no_outlines(pictures):
    with pytest.raises(MissingFileError):
        pictures.outlines(asked(2))
