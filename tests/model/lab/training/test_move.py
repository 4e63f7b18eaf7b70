import numpy as np

from model.lab.dataset.annotations import Box
from model.lab.training.move import content_box, move, stay

SIDE, SIZE = 128, 112


def spotted(box):
    """A grey picture between black borders, white where a box lies."""
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[:, 20:108] = 60
    top, left = round(box.top * SIDE), round(box.left * SIDE)
    picture[top : top + round(box.height * SIDE), left : left + round(box.width * SIDE)] = 255
    return picture


def test_boxes_go_where_the_fracture_goes():
    box = Box(0.6, 0.25, 0.06, 0.06)
    rng = np.random.default_rng(0)

    for _ in range(100):
        moved = move(spotted(box), SIZE, rng, [box])
        (seen,) = moved.boxes
        rows, columns = np.nonzero(moved.picture > 150)
        assert abs(rows.mean() + 0.5 - (seen.top + seen.height / 2) * SIZE) < 1.5
        assert abs(columns.mean() + 0.5 - (seen.left + seen.width / 2) * SIZE) < 1.5


def test_one_of_the_fractures_stays_in_view_wherever_it_is():
    rng = np.random.default_rng(1)

    for box in (Box(0.16, 0.0, 0.05, 0.04), Box(0.8, 0.95, 0.04, 0.05)):
        assert all(move(spotted(box), SIZE, rng, [box]).boxes for _ in range(100))


def test_what_is_beside_the_picture_is_known():
    moved = move(spotted(Box(0.5, 0.5, 0.1, 0.1)), SIZE, np.random.default_rng(2), [])

    assert not moved.picture[moved.beside].any()
    assert moved.picture[~moved.beside].mean() > 30


def test_a_picture_that_stays_keeps_its_boxes_and_its_border():
    box = Box(0.5, 0.25, 0.1, 0.1)

    moved = stay(spotted(box), SIZE, [box])

    assert moved.boxes == (box,)
    assert moved.beside[:, :17].all()
    assert not moved.beside[:, 19:93].any()


def test_the_box_of_nothing_is_the_whole():
    assert content_box(np.zeros((5, 7))) == (0, 0, 5, 7)
