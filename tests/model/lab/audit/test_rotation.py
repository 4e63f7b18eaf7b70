"""The turn between two pictures: found by their rings, then measured. Copies as a whole: `test_copies`."""

import numpy as np
import pytest

from model.lab.audit.rotation import (
    CANDIDATE,
    SIDE,
    central,
    inscribed_circle,
    ring_spectra,
    similar_pairs,
    square,
    verify_turn,
)
from tests.support.radiographs import radiograph, turned

BASE = radiograph(0, SIDE, SIDE)


def pairs(*pictures, known=None):
    return list(similar_pairs(ring_spectra(np.stack(pictures)), known=known))


@pytest.mark.parametrize("degrees", [0, 37, -90, 180])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_the_angle_between_two_pictures_is_found(degrees, is_mirrored):
    copy = turned(BASE, degrees)
    copy = np.ascontiguousarray(copy[:, ::-1]) if is_mirrored else copy
    (turn,) = pairs(BASE, copy)

    assert (turn.first, turn.second, turn.is_mirrored) == (0, 1, is_mirrored)
    assert abs(turn.correlation) >= CANDIDATE
    clockwise = -degrees  # OpenCV turns the other way
    assert abs((turn.angle - clockwise + 180) % 360 - 180) <= 360 / 512
    assert verify_turn(BASE, copy, turn).is_same


def test_others_are_no_pair_and_those_that_are_known_are_not_compared():
    copy, other = turned(BASE, 20), radiograph(1, SIDE, SIDE)

    assert [(one.first, one.second) for one in pairs(BASE, other, copy)] == [(0, 2)]
    assert pairs(BASE, other, copy, known=np.array([True, False, True])) == []
    assert len(pairs(BASE, other, copy, known=np.array([True, True, False]))) == 1


def test_a_constant_picture_has_no_energy():
    assert not ring_spectra(np.full((1, SIDE, SIDE), 77, np.uint8)).any()
    assert pairs(np.zeros_like(BASE), np.zeros_like(BASE)) == []


def test_a_square_gives_up_the_aspect_and_the_middle_keeps_it():
    tall = np.zeros((400, 200), np.uint16)
    tall[100:300] = 65535

    assert square(tall).shape == central(tall).shape == (SIDE, SIDE)
    assert square(tall).dtype == np.uint8
    assert (central(tall) == 255).all()
    assert square(tall).mean() == pytest.approx(127.5, abs=1)


def test_the_circle_is_what_no_turn_cuts():
    circle = inscribed_circle()

    assert np.array_equal(circle, circle[::-1])
    assert np.array_equal(circle, circle.T)
    assert (circle > 0).mean() == pytest.approx(np.pi / 4 * 0.96**2, abs=0.005)
