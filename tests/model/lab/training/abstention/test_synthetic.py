import numpy as np
import pytest

from model.lab.training.abstention.spoiled import shutter
from model.lab.training.abstention.synthetic import KINDS, MAKERS, make_strange
from tests.support.labelled import labelled


@pytest.fixture(scope="module")
def radiographs():
    return labelled(6, seed=0)[1]


@pytest.fixture(scope="module")
def made(radiographs):
    return make_strange(radiographs, 3 * len(KINDS), seed=1)


def test_each_kind_is_made_as_often(made):
    pictures, kinds = made

    assert pictures.shape == (3 * len(KINDS), 224, 224)
    assert pictures.dtype == np.uint16
    assert {kind: kinds.count(kind) for kind in KINDS} == dict.fromkeys(KINDS, 3)


def test_the_same_seed_makes_the_same_pictures_and_another_makes_others(radiographs, made):
    again, _ = make_strange(radiographs, len(KINDS), seed=1)
    other, _ = make_strange(radiographs, len(KINDS), seed=2)

    np.testing.assert_array_equal(again, made[0][: len(KINDS)])
    assert all((one != two).any() for one, two in zip(again, other, strict=True))


def test_a_kind_can_be_left_out(radiographs):
    _, kinds = make_strange(radiographs, 20, seed=1, without=frozenset({"text", "noise"}))

    assert set(kinds) == set(KINDS) - {"text", "noise"}


def test_radiographs_are_not_changed(radiographs):
    before = radiographs.copy()

    make_strange(radiographs, len(KINDS), seed=3)

    np.testing.assert_array_equal(before, radiographs)


def test_a_spoiled_radiograph_is_none_any_more(radiographs, made):
    for picture, kind in zip(*made, strict=True):
        if kind not in MAKERS:
            apart = np.abs(radiographs.astype(np.int64) - picture.astype(np.int64)).mean(axis=(1, 2))
            assert apart.min() > 500, kind


def test_a_shutter_blanks_what_lies_outside_and_leaves_the_rest():
    picture = np.random.default_rng(0).random((224, 224)).astype(np.float32)

    shown = shutter(picture, np.random.default_rng(4))

    same = shown == picture
    assert 0.3 < same.mean() < 1.0
    assert len(np.unique(shown[~same])) == 1
    rows, columns = np.flatnonzero(same.any(axis=1)), np.flatnonzero(same.any(axis=0))
    assert same[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()


@pytest.mark.parametrize("size", [64, 224, 448])
def test_pictures_of_any_input_size_are_made(size):
    radiographs = np.random.default_rng(0).integers(0, 65536, (3, size, size), dtype=np.uint16)

    pictures, kinds = make_strange(radiographs, 2 * len(KINDS), 1)

    assert pictures.shape == (2 * len(KINDS), size, size)
    assert set(kinds) == set(KINDS)
