import hashlib

import numpy as np
import pytest

from daemon.errors import BadDataError, CannotCreateError, MissingFileError
from daemon.files.convert import work_folder
from daemon.files.stored_maps import draw_stored_maps
from daemon.spool.folders import Spool
from storage.scan_detail import ScanDetail
from tests.support.dicom_files import native
from tests.support.pictures import drop, pixels, png_bytes
from tests.support.records import scan_id

MAP = np.eye(7, dtype="<f4").tobytes()


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def answered(spool, data, decisions, heat_map=MAP, **changed):
    """A scan whose file lies in done/, with a row a frame and one of another model."""
    drop(spool.root / "done/a.dcm", data)
    scan = {
        "scan_id": scan_id(7),
        "stored_path": "done/a.dcm",
        "sha256": hashlib.sha256(data).hexdigest(),
        "outcome": "classified",
        "error_code": None,
        "model_id": 2,
    }
    rows = [
        {"model_id": 2, "frame": frame, "decision": decision, "heat_map": heat_map}
        for frame, decision in enumerate(decisions, start=1)
    ]
    other = {"model_id": 1, "frame": 9, "decision": "fractured", "heat_map": MAP}
    return ScanDetail(scan | changed, {}, None, (other, *rows), (), ())


def draw(detail, spool, children, out):
    with work_folder(str(out)) as work:
        return draw_stored_maps(detail, spool, children, str(out).encode(), work)


def test_each_frame_of_the_model_that_answered_has_its_picture(spool, children, tmp_path):
    frames = native(np.stack([pixels(seed) for seed in range(3)]))
    detail = answered(spool, frames, ["fractured", "abstained", "not_fractured"])
    drawn = draw(detail, spool, children, tmp_path / "out")
    end = scan_id(7)[-12:]
    assert [path.decode() for path in drawn] == [
        f"{tmp_path}/out/a.dcm-{end}-heatmap-000{number}.png" for number in (1, 2, 3)
    ]
    assert len({(tmp_path / "out" / path.decode()).read_bytes() for path in drawn}) == 3


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"outcome": "failed", "error_code": "truncated"}, BadDataError, r"it was failed \(truncated\)"),
        ({"sha256": "0" * 64}, BadDataError, "has changed since it was answered"),
        ({"stored_path": "done/b.dcm"}, MissingFileError, "not where its row says"),
    ],
)
def test_what_has_no_map_or_no_file_of_its_own_is_refused(spool, children, tmp_path, changed, error, words):
    """Break it: leave out the comparison of the hashes. A map is laid over a picture that it is not of."""
    with pytest.raises(error, match=words):
        draw(answered(spool, png_bytes(1), ["fractured"], **changed), spool, children, tmp_path / "out")
    assert list((tmp_path / "out").glob("*")) == []


def test_a_file_that_cannot_be_read_is_not_said_to_have_changed(spool, children, tmp_path):
    detail = answered(spool, png_bytes(1), ["fractured"])
    path = spool.root / "done/a.dcm"
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))  # no link is followed
    with pytest.raises(BadDataError, match="cannot be decoded now: unreadable"):
        draw(detail, spool, children, tmp_path / "out")


def test_a_model_without_maps_is_said_to_have_none(spool, children, tmp_path):
    with pytest.raises(BadDataError, match="its model made none"):
        draw(answered(spool, png_bytes(1), ["fractured"], None), spool, children, tmp_path / "out")


def test_a_picture_that_is_there_is_kept(spool, children, tmp_path):
    detail = answered(spool, png_bytes(1), ["fractured"])
    (first,) = draw(detail, spool, children, tmp_path / "out")
    with pytest.raises(CannotCreateError, match="name another by --out"):
        draw(detail, spool, children, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [first.decode().rpartition("/")[2]]
