import cv2
import numpy as np
import pytest

from model.lab.audit.copies import Groups, find_copies
from model.lab.audit.rotation import central, square
from tests.support.radiographs import encoded, radiograph, turned


def views(*pictures):
    shown = [picture.astype(np.uint16) * 257 for picture in pictures]
    sizes = [one.shape for one in shown]
    return np.stack([square(one) for one in shown]), np.stack([central(one) for one in shown]), sizes


def groups_of(*pictures):
    return find_copies(*views(*pictures), lambda *_: None).groups.tolist()


def jpeg(picture, quality):
    return cv2.imdecode(np.frombuffer(encoded(picture, ".jpg", quality), np.uint8), cv2.IMREAD_GRAYSCALE)


BASE = radiograph(0, 224, 224)


@pytest.mark.parametrize(
    "copy",
    [
        turned(BASE, 37),
        turned(BASE, 200, fill=255),
        turned(turned(turned(BASE, 15), -40), 8),
        np.ascontiguousarray(BASE[:, ::-1]),
        turned(np.ascontiguousarray(BASE[::-1]), 20),
        jpeg(turned(BASE, -71), 60),
        (255 * (BASE / 255.0) ** 0.6).astype(np.uint8),
        np.clip(BASE * 1.1 + 15, 0, 255).astype(np.uint8),
        255 - BASE,
        cv2.resize(BASE, (110, 130), interpolation=cv2.INTER_AREA),
    ],
    ids=[
        "turned",
        "turned on white",
        "turned thrice",
        "mirrored",
        "mirrored and turned",
        "turned and compressed",
        "another tone curve",
        "brighter",
        "inverted",
        "smaller, squeezed",
    ],
)
def test_a_copy_is_found(copy):
    assert groups_of(BASE, radiograph(1), copy) == [0, 1, 0]


@pytest.mark.parametrize("angle", [90, 33, -140])
def test_a_picture_that_is_not_square_is_found_turned_as_it_is(angle):
    tall = radiograph(4, 300, 200)
    copy = cv2.rotate(tall, cv2.ROTATE_90_CLOCKWISE) if angle == 90 else turned(tall, angle)
    assert groups_of(tall, radiograph(5, 300, 200), copy) == [0, 1, 0]


def test_a_crop_whose_middle_agrees_is_no_copy_of_the_whole():
    tall = radiograph(4, 300, 200)
    assert groups_of(tall, tall[40:-40]) == [0, 1]


def test_different_pictures_are_no_copies():
    assert groups_of(*(radiograph(seed) for seed in range(12))) == list(range(12))


def test_another_take_of_the_same_limb_is_no_copy_but_a_lookalike():
    coarse = cv2.GaussianBlur(radiograph(3, 224, 224), (0, 0), 6).astype(np.float32)
    takes = [
        np.clip(
            coarse + cv2.GaussianBlur(np.random.default_rng(n).normal(0, 60, (224, 224)), (0, 0), 2), 0, 255
        )
        for n in range(2)
    ]
    found = find_copies(*views(*(take.astype(np.uint8) for take in takes)), lambda *_: None)
    assert found.groups.tolist() == [0, 1]
    assert len(found.lookalikes) == 1


def test_constant_pictures_have_no_copies():
    black = np.zeros((64, 64), np.uint8)
    assert groups_of(black, black, BASE) == [0, 1, 2]


def test_links_are_as_few_as_hold_a_group_together():
    found = find_copies(*views(*(turned(BASE, angle) for angle in (0, 5, 10, 15))), lambda *_: None)
    assert len(found.links) == 3
    assert min(link.correlation for link in found.links) >= 0.97


def test_groups_are_named_by_their_lowest():
    groups = Groups(5)
    groups.join(4, 3)
    groups.join(3, 1)
    assert groups.roots().tolist() == [0, 1, 2, 1, 1]
