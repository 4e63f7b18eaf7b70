"""What is prepared of labelled pictures, once; what is learned from it: `test_batches`."""

from dataclasses import replace

import numpy as np
import pytest

from model.lab.dataset.examples import read_examples
from model.lab.training.material import gather_material
from model.lab.training.run_folder import RunFolder
from model.lab.training.train_settings import TrainSettings
from tests.support.labelled_folder import write_labelled
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = write_labelled(tmp_path_factory.mktemp("labelled") / "data", 6)
    (folder / "fractured" / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


@pytest.fixture
def settings(data, tmp_path):
    return TrainSettings(data, None, tmp_path, input_size=64, steps=9, small_steps=4)


def gather(settings, stages=None):
    stages = [] if stages is None else stages
    return gather_material(settings, read_examples(settings.data), RunFolder(settings.out, stages.append))


def test_what_can_be_read_is_kept_in_order_and_the_others_are_counted(settings):
    stages = []
    material = gather(settings, stages)

    assert [one.sha256 for one in material.examples] == sorted(one.sha256 for one in material.examples)
    assert len(material.examples) == 6
    assert sum(material.refused.values()) == 1
    assert material.inputs.shape == (6, 64, 64)
    assert [(one.stage, one.done) for one in stages if one.stage == "prepare"] == [
        ("prepare", 0),
        ("prepare", 7),
    ]


def test_pictures_to_learn_from_are_kept_for_each_size_of_the_schedule(settings):
    material = gather(settings)

    assert len(material.source.squares) == len(settings.schedule.sizes) == 2
    assert all(len(squares) == 6 for squares in material.source.squares.values())
    assert len(gather(replace(settings, small_steps=0)).source.squares) == 1


def test_a_view_hides_what_the_network_shall_not_see(settings):
    whole, hidden = gather(settings), gather(replace(settings, view="no-centre"))

    assert whole.source.view == "whole"
    assert hidden.source.view == "no-centre"
    assert (hidden.inputs[:, 30:34, 30:34] == 0).all()
    assert (whole.inputs[:, 30:34, 30:34] > 0).any()
    np.testing.assert_array_equal(hidden.inputs[:, 0], whole.inputs[:, 0])


def test_an_unknown_step_to_leave_out_is_refused(settings):
    from model.lab.dataset.examples import DatasetError

    with pytest.raises(DatasetError, match="no step 'blur'"):
        gather(replace(settings, without="blur"))
