import numpy as np
import pytest

from model.lab.evaluation.perturb import (
    AS_IT_IS,
    compress,
    crop_borders,
    fill_padding,
    mask_corners,
    perturbations,
    reflect_padding,
)
from model.reading.preprocess import preprocess
from tests.support.pictures import pixels

RNG = np.random.default_rng(0)


def portrait():
    return pixels(3, rows=400, columns=200, bits=16) // 2 + 20000


@pytest.mark.parametrize("name", perturbations())
def test_a_changed_picture_has_the_size_that_is_asked_for(name):
    assert perturbations(96)[name](portrait(), RNG).shape == (96, 96)


@pytest.mark.parametrize("name", perturbations())
@pytest.mark.parametrize("shape", [(400, 200), (90, 300), (224, 224), (3, 5)])
def test_each_gives_an_input_of_the_network_and_leaves_the_picture_alone(name, shape):
    picture = pixels(1, *shape, bits=16)
    before = picture.copy()

    changed = perturbations()[name](picture, RNG)

    assert (changed.shape, changed.dtype) == ((224, 224), np.uint16)
    assert changed.flags.c_contiguous
    np.testing.assert_array_equal(before, picture)


def test_each_but_the_first_changes_a_portrait():
    whole = preprocess(portrait())

    changed = {name: (change(portrait(), RNG) != whole).any() for name, change in perturbations().items()}

    assert [name for name, differs in changed.items() if not differs] == [AS_IT_IS]


def test_corners_are_a_fifth_of_the_shorter_side():
    masked = mask_corners(portrait())

    assert not masked[:40, :40].any()
    assert not masked[-40:, -40:].any()
    assert not masked[-40:, :40].any()
    np.testing.assert_array_equal(portrait()[40:-40], masked[40:-40])
    np.testing.assert_array_equal(portrait()[:, 40:-40], masked[:, 40:-40])


def test_a_tenth_goes_from_each_border():
    np.testing.assert_array_equal(portrait()[40:360, 20:180], crop_borders(portrait()))


@pytest.mark.parametrize("turned", [False, True])
def test_only_the_padding_is_filled(turned):
    picture = portrait().T if turned else portrait()

    filled = fill_padding(picture, lambda box: np.full_like(box, 7))

    if turned:
        filled = filled.T
    assert set(np.unique(filled[:, :56])) == set(np.unique(filled[:, 168:])) == {7}
    inside = preprocess(picture)
    np.testing.assert_array_equal((inside.T if turned else inside)[:, 56:168], filled[:, 56:168])


def test_padding_is_the_mirror_image():
    mirrored = reflect_padding(portrait())

    np.testing.assert_array_equal(mirrored[:, 56], mirrored[:, 55])
    np.testing.assert_array_equal(mirrored[:, 60], mirrored[:, 51])
    np.testing.assert_array_equal(mirrored[:, 167], mirrored[:, 168])


def test_compression_loses_a_little():
    smooth = np.linspace(0, 65535, 200 * 200).reshape(200, 200).astype(np.uint16)

    lost = np.abs(compress(smooth, 60).astype(int) - smooth)

    assert 0 < lost.mean() < 2000
    assert np.abs(compress(smooth, 10).astype(int) - smooth).mean() > lost.mean()
