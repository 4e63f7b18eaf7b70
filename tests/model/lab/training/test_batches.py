from dataclasses import replace

import numpy as np

from model.lab.dataset.annotations import Annotations, Box
from model.regions import REGIONS
from tests.support.labelled import labelled, tiny_batches

EXAMPLES, INPUTS = labelled(6, 0)


def batches(examples=EXAMPLES, **more):
    return tiny_batches(examples, INPUTS, range(6), seed=1, side=64, **more)


def test_pictures_and_labels_belong_together():
    batch = batches(size=16).at(3)

    assert batch.pictures.shape == (16, 64, 64)
    assert batch.pictures.dtype == np.uint8
    rows = batches(size=16).sampler.draw(3, 16)
    assert batch.labels.tolist() == [float(EXAMPLES[row].label) for row in rows]


def test_half_are_fractured():
    assert batches(size=16).at(0).labels.sum() == 8


def test_steps_in_turn_are_those_of_their_numbers():
    found = dict(batches().between(2, 6))

    assert list(found) == [2, 3, 4, 5]
    for step, batch in found.items():
        np.testing.assert_array_equal(batch.pictures, batches().at(step).pictures)
    assert list(batches().between(4, 4)) == []


def test_places_are_known_where_boxes_were_drawn_or_nothing_is_fractured():
    annotated = [
        replace(one, annotations=Annotations(region="hand+leg", boxes=(Box(0.3, 0.3, 0.4, 0.4),)))
        if row == 1
        else one
        for row, one in enumerate(EXAMPLES)
    ]
    drawn = batches(annotated, size=60)
    batch, rows = drawn.at(0), drawn.sampler.draw(0, 60)

    assert batch.are_places_known.tolist() == [float(row == 1 or row % 2 == 0) for row in rows]
    assert [bool(place.max() > 0.3) for place in batch.places] == [row == 1 for row in rows]
    several = REGIONS.index("several")
    assert batch.regions.tolist() == [several if row == 1 else -1 for row in rows]
