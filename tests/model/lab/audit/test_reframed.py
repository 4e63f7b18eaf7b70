import numpy as np

from model.lab.audit.reframed import overlapping_pairs
from model.lab.audit.rotation import square
from tests.support.radiographs import radiograph


def pairs(*pictures):
    squares = [square(picture.astype(np.uint16) * 257) for picture in pictures]
    found = overlapping_pairs(squares, [picture.shape for picture in pictures])
    return [(one.first, one.second) for one in found]


WHOLE = radiograph(0, 400, 320)


def test_a_crop_is_found():
    assert pairs(radiograph(1, 400, 320), WHOLE, WHOLE[60:360, 30:290]) == [(1, 2)]


def test_a_frame_around_a_picture_is_found():
    framed = np.pad(WHOLE, 24, constant_values=255)
    assert pairs(framed, radiograph(2, 400, 320), WHOLE) == [(0, 2)]


def test_different_pictures_do_not_overlap():
    assert pairs(*(radiograph(seed, 300, 240) for seed in range(6))) == []


def test_pictures_without_a_point_are_left_alone():
    assert pairs(np.zeros((80, 80), np.uint8), np.zeros((80, 60), np.uint8)) == []
