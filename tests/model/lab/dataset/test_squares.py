import numpy as np
import pytest
from PIL import Image

from model.lab.dataset.annotations import Box
from model.lab.dataset.examples import read_examples
from model.lab.dataset.squares import boxes_in_square, square_pictures
from model.reading.prepare import prepare


@pytest.fixture
def examples(tmp_path):
    for number, label in enumerate(("fractured", "not_fractured")):
        values = np.random.default_rng(number).integers(0, 256, (60, 40), dtype=np.uint8)
        (tmp_path / label).mkdir()
        Image.fromarray(values).save(tmp_path / label / "one.png")
    return read_examples(tmp_path)


def test_squares_are_what_the_daemon_prepares_with_8_bits(examples, tmp_path):
    squares, shapes = square_pictures(examples, tmp_path / "cache", [32, 96])

    assert shapes.tolist() == [[60, 40], [60, 40]]
    for size, pictures in squares.items():
        for example, picture in zip(examples, pictures, strict=True):
            expected = prepare(example.path.read_bytes(), size=size).inputs[0] >> 8
            np.testing.assert_array_equal(picture, expected)


def test_they_are_made_once(examples, tmp_path):
    first, _ = square_pictures(examples, tmp_path / "cache", [32])
    for example in examples:
        example.path.unlink()

    again, _ = square_pictures(examples, tmp_path / "cache", [32])

    np.testing.assert_array_equal(first[32], again[32])


def test_boxes_follow_their_picture_into_the_square():
    upright, wide = (
        boxes_in_square([Box(0.0, 0.5, 0.5, 0.25)], *shape)[0] for shape in ((200, 100), (100, 200))
    )

    assert upright == Box(0.25, 0.5, 0.25, 0.25)
    assert wide == Box(0.0, 0.5, 0.5, 0.125)
