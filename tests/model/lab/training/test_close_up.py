"""A close-up shows what its label says.

Break it: let `close_up` draw `_place` with all boxes whatever `at_a_fracture` is: none is without a fracture.
"""

from dataclasses import replace

import numpy as np
import pytest

from model.lab.dataset.annotations import Annotations, Box
from model.lab.training.close_up import Close, CloseUps, close_up
from tests.support.labelled import labelled, tiny_batches

SIDE, WHOLE, SIZE = 128, 112, 64
BOX = Box(0.6, 0.25, 0.06, 0.06)
HOW = Close(WHOLE, ((0.2, 0.8),))


def spotted(box):
    """A grey picture, white where a box lies."""
    picture = np.full((SIDE, SIDE), 60, np.uint8)
    top, left = round(box.top * SIDE), round(box.left * SIDE)
    picture[top : top + round(box.height * SIDE), left : left + round(box.width * SIDE)] = 255
    return picture


def test_a_fracture_is_seen_where_the_boxes_say_so_and_only_there():
    rng = np.random.default_rng(0)
    shown = [close_up(spotted(BOX), SIZE, rng, [BOX], HOW) for _ in range(300)]

    with_one = [one for one in shown if one.boxes]
    assert 180 < len(with_one) < 270  # three of four
    for one in with_one:
        (seen,) = one.boxes
        rows, columns = np.nonzero(one.picture > 150)
        assert abs(rows.mean() + 0.5 - (seen.top + seen.height / 2) * SIZE) < 1.5
        assert abs(columns.mean() + 0.5 - (seen.left + seen.width / 2) * SIZE) < 1.5
    others = [(one.picture > 150).sum() for one in shown if not one.boxes]
    assert np.median(others) == 0


def test_a_part_of_a_fracture_larger_than_the_close_up_is_a_fracture():
    everywhere = Box(0.0, 0.0, 1.0, 1.0)
    rng = np.random.default_rng(6)
    shown = [close_up(spotted(BOX), SIZE, rng, [everywhere], HOW) for _ in range(50)]

    assert all(one.boxes for one in shown)


def test_it_has_the_scale_of_the_whole_film():
    rng = np.random.default_rng(1)
    shown = [close_up(spotted(BOX), SIZE, rng, [BOX], HOW) for _ in range(200)]
    areas = [(one.picture > 120).sum() for one in shown if one.boxes]

    # turned corners touch the edge of the whole film, which makes it smaller
    whole = (BOX.width * WHOLE) * (BOX.height * WHOLE)
    assert 0.4 * whole < np.median(areas) < 1.6 * whole


def test_sound_films_are_looked_at_where_others_break():
    far = Box(0.19, 0.79, 0.02, 0.02)
    rng = np.random.default_rng(2)
    shown = [close_up(spotted(far), SIZE, rng, [], HOW) for _ in range(200)]

    assert sum(bool((one.picture > 150).any()) for one in shown) > 120
    assert not any(one.boxes for one in shown)


def test_the_same_state_gives_the_same_close_up():
    first, second = (
        close_up(spotted(BOX), SIZE, np.random.default_rng(3), [BOX], HOW).picture for _ in range(2)
    )

    np.testing.assert_array_equal(first, second)


@pytest.fixture
def boxed():
    """Examples of which all but the last fractured one say where it is."""
    examples, inputs = labelled(8, 0)
    known = [
        replace(one, annotations=Annotations(region="hand", boxes=((BOX,) if one.label else ())))
        if row < 7
        else one
        for row, one in enumerate(examples)
    ]
    return known, inputs


def test_pictures_without_boxes_are_shown_whole(boxed):
    examples, _ = boxed
    boxes = [one.annotations.boxes or () for one in examples]
    ways = CloseUps(examples, boxes, range(8), WHOLE)
    rng = np.random.default_rng(4)

    assert all(ways.draw(7, rng) is None for _ in range(50))
    drawn = [ways.draw(1, rng) for _ in range(200)]
    assert 20 < drawn.count(None) < 90
    assert {one for one in drawn if one} == {Close(WHOLE, ((0.63, 0.28),) * 3)}


def test_places_are_taken_from_what_is_learned_from_alone(boxed):
    examples, _ = boxed
    boxes = [(BOX,) if row == 1 else (Box(0.1, 0.1, 0.2, 0.2),) for row in range(8)]
    ways = CloseUps(examples, boxes, (0, 1, 2), WHOLE)
    rng = np.random.default_rng(5)

    seen = {place for _ in range(50) if (how := ways.draw(1, rng)) for place in how.places}
    assert seen == {(0.63, 0.28), (0.2, 0.2)}


def test_the_label_of_a_close_up_is_what_it_shows(boxed):
    examples, inputs = boxed
    batches = tiny_batches(examples, inputs, range(8), seed=1, side=64, size=32, close_ups=3)
    batch, whole = batches.at(2), batches.at(3)

    assert (batch.pictures.shape, whole.pictures.shape) == ((32, 32, 32), (32, 64, 64))
    rows = batches.sampler.draw(2, 32)
    for row, label, places in zip(rows, batch.labels, batch.places, strict=True):
        if row == 7:
            assert label == 1.0
        else:
            assert label == float(places.any())
    of_films = np.array([examples[row].label for row in rows])
    assert batch.labels.sum() < of_films.sum()
    assert whole.labels.tolist() == [examples[row].label for row in batches.sampler.draw(3, 32)]
