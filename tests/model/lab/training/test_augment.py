import numpy as np
import pytest

from model.lab.training.augment import STEPS, content_box, vary


@pytest.fixture(scope="module")
def picture():
    rows, columns = np.mgrid[0:224, 0:224]
    shape = 20000 + 20000 * np.sin(rows / 9.0) * np.cos(columns / 7.0)
    shape[:, :40] = shape[:, 180:] = 0
    return shape.astype(np.uint16)


def test_the_same_state_gives_the_same_variation(picture):
    first, second = (vary(picture, np.random.default_rng(7)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_variations_differ_and_are_inputs(picture):
    rng = np.random.default_rng(0)
    varied = [vary(picture, rng) for _ in range(60)]

    assert {(224, 224)} == {one.shape for one in varied}
    assert {np.dtype(np.float32)} == {one.dtype for one in varied}
    assert all(np.isfinite(one).all() and one.min() >= 0.0 and one.max() <= 1.0 for one in varied)
    assert len({one.tobytes() for one in varied}) == 60
    assert min(one.std() for one in varied) > 0.01


def test_the_aspect_does_not_survive(picture):
    rng = np.random.default_rng(1)
    boxes = [content_box(vary(picture, rng) > 0.02)[2:] for _ in range(150)]
    black_framed = [box for box in boxes if min(box) < 224]
    wide = sum(width > height for height, width in black_framed)

    assert content_box(picture)[2:] == (224, 140)
    assert len(black_framed) > 50
    assert 0.08 <= wide / len(black_framed) <= 0.6


def test_what_is_not_picture_is_not_always_black(picture):
    rng = np.random.default_rng(2)
    corners = [vary(picture, rng)[:4, :4] for _ in range(150)]
    black = sum(not corner.any() for corner in corners)

    assert 0.3 <= black / len(corners) <= 0.9


def test_the_original_is_left_alone(picture):
    before = picture.copy()

    vary(picture, np.random.default_rng(2))

    np.testing.assert_array_equal(before, picture)


@pytest.mark.parametrize("value", [0, 65535])
def test_a_constant_picture_is_survived(value):
    rng = np.random.default_rng(3)
    varied = [vary(np.full((224, 224), value, np.uint16), rng) for _ in range(20)]

    assert np.isfinite(varied).all()


def test_a_line_of_picture_is_survived():
    line = np.zeros((224, 224), np.uint16)
    line[100, 20:200] = 40000

    rng = np.random.default_rng(4)

    assert np.isfinite([vary(line, rng) for _ in range(20)]).all()


def test_the_box_of_nothing_is_the_whole():
    assert content_box(np.zeros((5, 7))) == (0, 0, 5, 7)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_can_be_left_out(step):
    picture = np.random.default_rng(1).integers(1, 65536, (224, 224), dtype=np.uint16)
    others = set(STEPS) - {step}

    nothing = [vary(picture, np.random.default_rng(seed), set(STEPS)) for seed in range(4)]
    alone = [vary(picture, np.random.default_rng(seed), others) for seed in range(40)]

    for one in nothing:
        np.testing.assert_array_equal(one, picture.astype(np.float32) / np.float32(65535))
    changed = [not np.array_equal(one, nothing[0]) for one in alone]
    assert any(changed) == (step != "frame")  # there is no border here
