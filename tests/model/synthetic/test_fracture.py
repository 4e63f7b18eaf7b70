import dataclasses

import numpy as np
import pytest

from model.synthetic.fracture import Break, draw_break

PLACE = Break(row=0.5, column=0.5, slope=0.0)
SIDE = 400
EDGE = 192  # first column of the bone


@pytest.fixture
def bone():
    """A bright shaft of 16 columns, upright in the middle of grey tissue on black."""
    picture = np.zeros((SIDE, SIDE), np.uint16)
    picture[:, 100:300] = 20_000
    picture[:, EDGE : EDGE + 16] = 50_000
    return picture


def left_edge(picture, row):
    return int(np.flatnonzero(picture[row] > 35_000)[0])


def test_above_the_line_all_stays(bone):
    drawn = draw_break(bone, PLACE)

    assert np.abs(drawn[: SIDE // 2 - 5].astype(int) - bone[: SIDE // 2 - 5]).max() <= 1


def test_below_it_the_bone_has_slipped_and_comes_back_slowly(bone):
    drawn = draw_break(bone, PLACE)

    slips = [left_edge(drawn, row) - EDGE for row in (SIDE // 2 + 10, SIDE * 3 // 4, SIDE - 1)]
    assert slips[0] == pytest.approx(PLACE.slip * SIDE, abs=2)
    assert slips[0] > slips[1] > slips[2] >= 1


def test_skin_and_ground_stay_where_they_were(bone):
    drawn = draw_break(bone, PLACE).astype(int)

    assert np.abs(drawn[:, :140] - bone[:, :140].astype(int)).max() <= 1
    assert np.abs(drawn[:, 260:] - bone[:, 260:].astype(int)).max() <= 1


def test_the_picture_it_is_drawn_into_is_left_alone_and_a_seed_gives_the_same(bone):
    before = bone.copy()

    first, again, other = draw_break(bone, PLACE), draw_break(bone, PLACE), draw_break(bone, PLACE, seed=2)

    np.testing.assert_array_equal(bone, before)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_a_slip_nothing_is_broken(bone):
    drawn = draw_break(bone, dataclasses.replace(PLACE, slip=0.0))

    assert np.abs(drawn.astype(int) - bone).max() <= 1
