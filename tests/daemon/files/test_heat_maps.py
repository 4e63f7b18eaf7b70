import hashlib
import os

import numpy as np
import pytest
from PIL import Image

from daemon.errors import InputOutputError
from daemon.files.classify import FileAnswer
from daemon.files.convert import work_folder
from daemon.files.heat_maps import HeatMaps
from daemon.pipeline.answers import Answer
from storage.records import PredictionRecord
from tests.support.dicom_files import native
from tests.support.pictures import pixels, png_bytes


def answer(path, data, decisions, cell=(3, 3)):
    heat_map = np.full((7, 7), -1.0, "<f4")
    heat_map[cell] = 3.0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    records = tuple(
        PredictionRecord(number, 0.0, 0.5, 0.5, 1.0, decision, heat_map.tobytes())
        for number, decision in enumerate(decisions, start=1)
    )
    return FileAnswer(
        os.fsencode(path), Answer("classified", None, records), hashlib.sha256(data).hexdigest()
    )


def draw(children, out, *pairs):
    with work_folder(str(out)) as place:
        drawn = HeatMaps(children, {one.path: name for one, name in pairs}, str(out), place)
        assert [one for one, _ in pairs] == list(drawn.draw(one for one, _ in pairs))
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    return files, {code: count for code, count in drawn.undrawn.items() if count}


def test_a_picture_a_frame_at_full_size_marked_where_its_evidence_is(children, tmp_path):
    one = answer(tmp_path / "a.png", png_bytes(1), ["uncertain"], cell=(3, 4))

    files, undrawn = draw(children, tmp_path / "out", (one, b"b/a"))

    assert (files, undrawn) == (["b/a-heatmap.png"], {})
    with Image.open(tmp_path / "out/b/a-heatmap.png") as opened:
        drawn = np.asarray(opened)[:96, :80].astype(int)
    coloured = np.argwhere(np.ptp(drawn, axis=2) > 40)
    assert np.abs(coloured.mean(axis=0) - [48.0, 40.0 + 96 / 7]).max() < 3.0
    grey = (pixels(1, bits=8)).astype(int)
    outside = np.hypot(*(np.indices(grey.shape) - coloured.mean(axis=0)[:, None, None])) > 96 / 7 * 1.5
    assert outside.mean() > 0.5
    assert np.abs(drawn - grey[..., None])[outside].max() <= 1


def test_frames_have_numbers_and_abstained_ones_are_counted_and_not_drawn(children, tmp_path):
    frames = np.stack([pixels(seed) for seed in range(3)])
    several = answer(tmp_path / "c.dcm", native(frames), ["fractured", "abstained", "not_fractured"])
    rest = answer(tmp_path / "d.dcm", native(frames), ["abstained", "abstained", "fractured"])
    none = answer(tmp_path / "e.png", png_bytes(2), ["abstained"])

    files, undrawn = draw(children, tmp_path / "out", (several, b"c"), (rest, b"d"), (none, b"e"))

    assert files == ["c-heatmap-0001.png", "c-heatmap-0003.png", "d-heatmap-0003.png"]
    assert undrawn == {"abstained": 4}


def test_nothing_is_overwritten_and_names_are_unique(children, tmp_path):
    first = answer(tmp_path / "a/1.png", png_bytes(1), ["fractured"])
    second = answer(tmp_path / "b/1.png", png_bytes(2), ["fractured"])

    files, undrawn = draw(children, tmp_path / "out", (first, b"1"), (second, b"1"))
    again, refused = draw(children, tmp_path / "out", (second, b"1"))

    assert len(files) == 2
    assert (again, undrawn, refused) == (files, {}, {"exists": 1})


def test_a_file_that_changed_since_gets_no_map_of_other_pixels(children, tmp_path):
    one = answer(tmp_path / "a.png", png_bytes(1), ["fractured"])
    (tmp_path / "a.png").write_bytes(png_bytes(2))

    assert draw(children, tmp_path / "out", (one, b"a")) == ([], {"changed": 1})


def test_a_file_that_breaks_is_counted_and_costs_no_other(children, tmp_path):
    one = answer(tmp_path / "a.png", png_bytes(1), ["fractured"])
    two = answer(tmp_path / "b.png", png_bytes(2), ["fractured"])
    (tmp_path / "a.png").write_bytes(b"nothing of ours")

    files, undrawn = draw(children, tmp_path / "out", (one, b"a"), (two, b"b"))

    assert (files, undrawn) == (["b-heatmap.png"], {"unknown_format": 1})


def test_a_folder_that_goes_away_is_said(children, tmp_path):
    one = answer(tmp_path / "a.png", png_bytes(1), ["fractured"])
    out = tmp_path / "out"
    out.mkdir()
    drawn = HeatMaps(children, {one.path: b"a"}, str(out), os.fsencode(out / "gone"))

    with pytest.raises(InputOutputError, match="ENOENT"):
        list(drawn.draw([one]))
