"""What a release decides about other pictures, counted; the shipped one: `tests/model/test_strangers`."""

import numpy as np
import pytest
from PIL import Image

from model.decisions.decision import Decision
from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.strangers import meet_strangers
from tests.support.brightness import Brightness, Broken


def picture(path, bright):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.full((64, 64), 250 if bright else 5, np.uint8)
    values[::9] = 128
    Image.fromarray(values).save(path)


@pytest.fixture
def folder(tmp_path):
    picture(tmp_path / "photographs" / "deep" / "a.png", bright=True)
    picture(tmp_path / "photographs" / "b.png", bright=False)
    picture(tmp_path / "ct" / "c.png", bright=False)
    (tmp_path / "ct" / "notes.txt").write_text("no picture")
    (tmp_path / "a.txt").write_text("in no sub-folder")
    return tmp_path


def test_decisions_are_counted_by_kind_and_what_cannot_be_read_apart(folder):
    reported = []
    ct, photographs = meet_strangers(Brightness(), folder, lambda *done: reported.append(done))

    assert (ct.kind, ct.pictures, ct.refused) == ("ct", 1, 1)
    assert (photographs.kind, photographs.pictures, photographs.refused) == ("photographs", 2, 0)
    assert photographs.decisions == {Decision.FRACTURED: 1, Decision.NOT_FRACTURED: 1}
    assert photographs.abstained == 0
    assert (reported[0], reported[-1]) == ((0, 4), (4, 4))


def test_a_frame_without_a_finite_number_has_failed(folder):
    assert meet_strangers(Broken(), folder)[0].decisions == {"failed": 1}


def test_a_folder_without_kinds_is_refused(folder):
    with pytest.raises(DatasetError, match="one sub-folder a kind"):
        meet_strangers(Brightness(), folder / "photographs" / "deep")
