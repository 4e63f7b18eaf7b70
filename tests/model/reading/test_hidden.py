"""Windows that hide a picture, and windows that were chosen; `test_lying_values` has whole files."""

import numpy as np
import pytest

from model.reading.display import Display, Window
from model.reading.hidden import hides_picture

SIDES = 300


def film(air=0.5):
    """Give bone of 12 bits beside so much dark ground, as stored: uint16."""
    random = np.random.default_rng(1)
    x = np.linspace(0, 1, SIDES)[None] + np.zeros((SIDES, 1))
    bone = np.clip((x - air) / (1 - air), 0, 1) * 3500 + 400
    return np.where(x < air, random.normal(90, 30, x.shape), bone + random.normal(0, 60, x.shape)).clip(
        0, 4095
    )


def shown(values, center, width):
    return (np.clip((values - center) / width + 0.5, 0, 1) * 65535).astype(np.uint16)


def hides(values, center, width, bits=12, *, is_signed=False):
    stored = values.astype(np.int16 if is_signed else np.uint16)
    display = Display("MONOCHROME2", bits, bits - 1, is_signed=is_signed, voi=Window(center, width))
    return hides_picture(stored, shown(values, center, width), display)


@pytest.mark.parametrize("air", [0.05, 0.3, 0.5, 0.7])
def test_a_window_of_8_bits_on_12_hides_the_bone_however_much_ground_is_told_apart(air):
    assert hides(film(air), 127, 254)


@pytest.mark.parametrize("air", [0.05, 0.5, 0.7])
@pytest.mark.parametrize(("center", "width"), [(2048, 4096), (2200, 3800), (1800, 2600)])
def test_a_window_that_was_chosen_hides_nothing(air, center, width):
    assert not hides(film(air), center, width)


def test_a_window_of_16_bits_on_12_leaves_few_greys():
    assert hides(film(), 32768, 65536)


def test_the_commonest_value_is_no_picture():
    """Padding, and detectors at their end: a large part of one value is not hidden."""
    values = film(0.3)
    values[:150] = 4095

    assert not hides(values, 1800, 3000)
    assert not hides(values - 2048, -200, 3000, is_signed=True)


def test_signed_values_around_zero_are_no_wide_range():
    values = film(0.6) - 2048
    values[:, :180] = np.random.default_rng(2).integers(-2, 3, (SIDES, 180))

    assert not hides(values, 900, 1600, is_signed=True)


@pytest.mark.parametrize("width", range(1, 8))
def test_a_picture_of_a_few_pixels_is_no_reason_to_fail(width):
    values = np.zeros((1, width))
    values[0, 1:] = 3000

    assert hides(values, 2048, 4096) in (True, False)


def test_one_value_alone_hides_nothing():
    assert not hides(np.full((SIDES, SIDES), 7.0), 2048, 4096)
