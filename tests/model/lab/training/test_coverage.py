import numpy as np
import pytest

from model.lab.dataset.annotations import Box
from model.lab.training.coverage import cover_cells


def test_a_cell_within_a_box_is_covered_and_one_beside_it_is_not():
    covered = cover_cells([Box(0.25, 0.5, 0.5, 0.25)], 4)

    expected = np.zeros((4, 4))
    expected[2, 1:3] = 1.0
    np.testing.assert_allclose(covered, expected, atol=1e-6)


def test_a_small_box_counts_by_its_own_area():
    covered = cover_cells([Box(0.24, 0.1, 0.02, 0.05)], 4)  # half in each of two cells

    assert covered[0, 0] == pytest.approx(0.5)
    assert covered[0, 1] == pytest.approx(0.5)
    assert covered.sum() == pytest.approx(1.0)


def test_the_greatest_of_several_boxes_counts():
    covered = cover_cells([Box(0.0, 0.0, 0.5, 0.25), Box(0.0, 0.0, 1.0, 1.0)], 2)

    np.testing.assert_allclose(covered, np.ones((2, 2)))


def test_without_boxes_nothing_is_covered():
    assert not cover_cells([], 7).any()


def test_a_box_that_ends_outside_is_cut():
    assert cover_cells([Box(0.75, 0.75, 0.5, 0.5)], 2).tolist() == [[0.0, 0.0], [0.0, 0.25]]
