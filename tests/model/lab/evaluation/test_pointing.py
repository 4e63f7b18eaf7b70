"""The map's highest cell counts where it lies in a box, or within half a cell of one.

Break it: let `cells_near` take the boxes as they are: a box between the centres of cells has no cell.
"""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model.lab.dataset.annotations import Annotations, Box
from model.lab.evaluation.pointing import cells_near, pointing
from tests.support.brightness import Brightness, Broken
from tests.support.scored import example


def test_a_cell_counts_whose_centre_is_within_half_a_cell_of_a_box():
    near = cells_near([Box(0.26, 0.26, 0.2, 0.2)], 4)  # within the second cell of four, beside its centre

    assert np.argwhere(near).tolist() == [[1, 1]]
    edge = cells_near([Box(0.45, 0.3, 0.1, 0.1)], 4)  # across the edge of the second and the third
    assert np.argwhere(edge).tolist() == [[1, 1], [1, 2]]
    assert not cells_near([], 4).any()


def test_a_box_of_any_size_has_a_cell():
    for place in np.linspace(0.0, 0.99, 40):
        assert cells_near([Box(place, place, 0.001, 0.001)], 7).any()


@pytest.fixture
def limb(tmp_path):
    """An example whose picture is brightest at one spot, with a box where it is asked for."""
    picture = np.full((448, 224), 60, np.uint8)
    picture[40:70, 100:130] = 255
    path = tmp_path / "limb.png"
    Image.fromarray(picture).save(path)

    def made(name, *boxes):
        known = Annotations(boxes=boxes)
        return replace(example(name, 1), path=path, annotations=known)

    return made


def test_the_highest_cells_are_held_against_the_boxes(limb):
    at_the_spot, elsewhere = Box(0.44, 0.09, 0.15, 0.07), Box(0.1, 0.9, 0.05, 0.05)
    parts = {0: [limb("a", at_the_spot), limb("b", elsewhere)], 4: [limb("c", at_the_spot), limb("d")]}

    found = pointing({0: Brightness(), 4: Brightness()}, parts)

    assert found.pictures == 3
    assert found.highest == pytest.approx(2 / 3)
    assert found.top >= found.highest
    assert 0 < found.chance < 0.1


def test_a_picture_without_a_prediction_is_left_out(limb):
    spot = Box(0.44, 0.09, 0.15, 0.07)

    assert pointing({0: Broken()}, {0: [limb("a", spot), limb("b", spot)]}).pictures == 1


def test_without_boxes_nothing_is_measured(limb):
    assert pointing({0: Brightness()}, {0: [limb("a")]}) is None


def test_without_any_prediction_nothing_is_measured(limb):
    assert pointing({0: Broken()}, {0: [limb("a", Box(0.44, 0.09, 0.15, 0.07))]}) is None
