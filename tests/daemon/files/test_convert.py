import os
import signal

import numpy as np
import pytest

from daemon.errors import CannotCreateError, InputOutputError, MissingFileError
from daemon.files.convert import PlannedFile, convert_files, plan, work_folder
from tests.support.dicom_files import native
from tests.support.pictures import dicom_bytes, pixels, png_bytes


def names(paths, out, ignore=(".*",)):
    return {
        file.path.decode(): file.name.decode() for file in plan([str(p) for p in paths], ignore, str(out))
    }


def put(path, data=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_keeps_its_structure_and_a_named_file_its_name(tmp_path):
    deep, hidden = put(tmp_path / "in/b/1.DCM"), put(tmp_path / "in/.hidden.dcm")
    uid, alone = put(tmp_path / "in/1.2.840.10008"), put(tmp_path / "other/c.jpeg")
    found = names([tmp_path / "in", alone, hidden], tmp_path / "out")
    assert found == {str(deep): "b/1", str(uid): "1.2.840.10008", str(alone): "c", str(hidden): ".hidden"}


def test_files_that_would_become_one_picture_keep_their_endings(tmp_path):
    for name in ("a.dcm", "a.png", "b/a.dcm"):
        put(tmp_path / name)
    assert set(names([tmp_path], tmp_path / "out").values()) == {"a.dcm", "a.png", "b/a"}


def test_pictures_of_another_time_are_not_converted_again(tmp_path):
    scan, _ = put(tmp_path / "a.dcm"), put(tmp_path / "out/a.png")
    assert names([tmp_path], tmp_path / "out") == {str(scan): "a"}
    assert len(names([tmp_path], tmp_path)) == 2
    assert names([tmp_path / "out"], tmp_path / "out") == {str(tmp_path / "out/a.png"): "a"}


def test_a_missing_path_is_said(tmp_path):
    with pytest.raises(MissingFileError):
        plan([str(tmp_path), str(tmp_path / "gone")], (), str(tmp_path / "out"))


def convert(children, tmp_path, **files):
    out = tmp_path / "out"
    planned = []
    for name, data in files.items():
        planned.append(PlannedFile(os.fsencode(put(tmp_path / "in" / name, data)), name.encode()))
    with work_folder(str(out)) as place:
        found = list(convert_files(planned, children, str(out), place))
    return out, [(one.outcome, one.error_code, len(one.pictures)) for one in found]


def listed(out):
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())


def test_each_frame_is_a_picture_and_nothing_else_is_left(children, tmp_path):
    frames = native(np.stack([pixels(1), pixels(2)]))
    out, found = convert(children, tmp_path, one=dicom_bytes(1), two=frames, three=b"text", four=png_bytes(1))
    assert found == [
        ("converted", None, 1),
        ("converted", None, 2),
        ("failed", "unknown_format", 0),
        ("converted", None, 1),
    ]
    assert listed(out) == ["four.png", "one.png", "two-0001.png", "two-0002.png"]
    assert list(out.glob(".*")) == []


def test_nothing_is_overwritten_and_a_file_has_all_of_its_pictures_or_none(children, tmp_path):
    put(tmp_path / "out/two-0002.png", b"mine")
    frames = native(np.stack([pixels(1), pixels(2), pixels(3)]))
    out, found = convert(children, tmp_path, two=frames)
    assert found == [("failed", "exists", 0)]
    assert listed(out) == ["two-0002.png"]
    assert (out / "two-0002.png").read_bytes() == b"mine"


def test_a_file_where_a_folder_must_be_is_in_the_way(children, tmp_path):
    put(tmp_path / "out/b", b"mine")
    file = PlannedFile(os.fsencode(put(tmp_path / "in/b/1.dcm", dicom_bytes(1))), b"b/1")
    with work_folder(str(tmp_path / "out")) as place:
        (found,) = convert_files([file], children, str(tmp_path / "out"), place)
    assert (found.outcome, found.error_code) == ("failed", "exists")


def test_a_name_that_is_too_long_is_cut(children, tmp_path):
    out, found = convert(children, tmp_path, **{"n" * 255: dicom_bytes(1)})
    assert found == [("converted", None, 1)]
    (name,) = listed(out)
    assert len(name) <= 255
    assert name.startswith("nnn")
    assert name.endswith(".png")


def test_many_files_come_in_their_order(children, tmp_path):
    out, found = convert(children, tmp_path, **{f"{n:02}": png_bytes(n) for n in range(12)})
    assert found == [("converted", None, 1)] * 12
    assert listed(out) == [f"{n:02}.png" for n in range(12)]


def test_a_folder_that_cannot_be_made_is_73(tmp_path):
    with pytest.raises(CannotCreateError), work_folder(str(put(tmp_path / "file") / "out")):
        raise AssertionError("never begun")


def test_a_folder_that_goes_away_ends_the_work(children, tmp_path):
    file = PlannedFile(os.fsencode(put(tmp_path / "in/a", dicom_bytes(1))), b"a")
    gone = os.fsencode(tmp_path / "gone")
    with pytest.raises(InputOutputError, match="ENOENT"):
        list(convert_files([file], children, str(tmp_path / "out"), gone))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_folder_behind(tmp_path, number):
    before = signal.getsignal(number)

    def work():
        with work_folder(str(tmp_path / "out")) as place:
            assert os.path.isdir(place)
            signal.raise_signal(number)

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == 128 + number
    assert list((tmp_path / "out").iterdir()) == []
    assert signal.getsignal(number) == before
