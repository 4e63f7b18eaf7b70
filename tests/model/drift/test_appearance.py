import numpy as np
import pytest

from model.drift.appearance import PICTURE_MEASURES, measure_picture


def frames(*values):
    return np.stack([np.full((224, 224), value, np.uint16) for value in values])


def test_a_grey_picture_has_its_brightness_and_nothing_else():
    measured = measure_picture(frames(32768))
    assert measured == {"brightness": 0.50001, "contrast": 0.0, "dark": 0.0, "bright": 0.0, "detail": 0.0}
    assert tuple(measured) == PICTURE_MEASURES


def test_halves_of_black_and_white():
    picture = frames(0)
    picture[:, :, 112:] = 65535
    measured = measure_picture(picture)
    assert (measured["dark"], measured["bright"], measured["contrast"]) == (0.5, 0.5, 0.5)
    assert measured["detail"] == pytest.approx(1 / 223, abs=1e-5)


def test_dark_and_bright_are_the_outer_twentieths():
    edges = np.array([[[0, 3276, 3277, 32768, 62258, 62259, 65535, 65535]]], np.uint16)
    measured = measure_picture(edges)
    assert (measured["dark"], measured["bright"]) == (2 / 8, 3 / 8)


def test_frames_are_averaged_and_of_many_some_are_looked_at():
    assert measure_picture(frames(0, 65535))["brightness"] == 0.5
    assert measure_picture(frames(*[0, 65535] * 50))["brightness"] == pytest.approx(0.5, abs=0.1)
