import numpy as np
import pytest

from model.lab.dataset.annotations import Box
from model.lab.training.augment import STEPS, vary
from model.lab.training.move import content_box

SIDE, SIZE = 256, 224


@pytest.fixture(scope="module")
def picture():
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    shape = 81 + 80 * np.sin(rows / 9.0) * np.cos(columns / 7.0)
    shape[:, :48] = shape[:, 208:] = 0
    return shape.astype(np.uint8)


def varied(picture, rng, *more):
    return vary(picture, SIZE, rng, *more).picture


def test_the_same_state_gives_the_same_variation(picture):
    first, second = (varied(picture, np.random.default_rng(7)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_variations_differ_and_are_pictures_of_the_size(picture):
    rng = np.random.default_rng(0)
    drawn = [varied(picture, rng) for _ in range(60)]

    assert {(SIZE, SIZE)} == {one.shape for one in drawn}
    assert {np.dtype(np.uint8)} == {one.dtype for one in drawn}
    assert len({one.tobytes() for one in drawn}) == 60
    assert min(one.std() for one in drawn) > 2.0


def test_what_is_not_picture_is_not_always_black(picture):
    rng = np.random.default_rng(2)
    corners = [varied(picture, rng, (), {"tone", "degrade", "cover"})[:4, :4] for _ in range(150)]
    black = sum(not corner.any() for corner in corners)

    assert 0.3 <= black / len(corners) <= 0.9


def test_the_original_is_left_alone(picture):
    before = picture.copy()

    vary(picture, SIZE, np.random.default_rng(2))

    np.testing.assert_array_equal(before, picture)


@pytest.mark.parametrize("value", [0, 255])
def test_a_constant_picture_is_survived(value):
    rng = np.random.default_rng(3)

    assert all(varied(np.full((SIDE, SIDE), value, np.uint8), rng).shape == (SIZE, SIZE) for _ in range(20))


def test_a_line_of_picture_is_survived():
    line = np.zeros((SIDE, SIDE), np.uint8)
    line[100, 20:200] = 150
    rng = np.random.default_rng(4)

    assert all(varied(line, rng).shape == (SIZE, SIZE) for _ in range(20))


def test_no_cover_hides_a_fracture():
    spot = np.full((SIDE, SIDE), 100, np.uint8)
    spot[120:136, 120:136] = 255
    boxes = [Box(120 / SIDE, 120 / SIDE, 16 / SIDE, 16 / SIDE)]
    rng = np.random.default_rng(5)
    covers = [varied(spot, rng, boxes, set(STEPS) - {"cover"}) for _ in range(200)]

    assert all((one == 255).sum() >= 0.8 * 14 * 14 for one in covers)
    assert sum((one != covers[0]).any() for one in covers) > 30


@pytest.mark.parametrize("step", STEPS)
def test_a_step_can_be_left_out(picture, step):
    others = set(STEPS) - {step}

    nothing = [varied(picture, np.random.default_rng(seed), (), set(STEPS)) for seed in range(4)]
    alone = [varied(picture, np.random.default_rng(seed), (), others) for seed in range(40)]

    for one in nothing:
        np.testing.assert_array_equal(one, nothing[0])
        assert content_box(one)[3] == pytest.approx(140, abs=2)
    assert any(not np.array_equal(one, nothing[0]) for one in alone)
