from dataclasses import replace

import pytest

from daemon.lanes import ordinary, second
from model.decode import Limits
from tests.support.limits import LIMITS


def test_a_first_try_is_for_ordinary_scans():
    first = ordinary(LIMITS)

    assert first.pixels.max_pixels_per_frame >= 4096 * 5120
    assert first.pixels.max_pixels_per_frame < LIMITS.pixels.max_pixels_per_frame
    assert first.pixels.max_pixels_per_scan < LIMITS.pixels.max_pixels_per_scan
    assert first.pixels.max_inflated_bytes >= 2 * first.pixels.max_pixels_per_scan
    assert (LIMITS.memory_bytes, LIMITS.max_file_bytes) == (first.memory_bytes, first.max_file_bytes)


def test_two_tries_have_the_deadline_together():
    assert ordinary(LIMITS).deadline_s + second(LIMITS).deadline_s == pytest.approx(LIMITS.deadline_s)


def test_a_first_try_never_has_more_than_the_settings_allow():
    small = replace(LIMITS, pixels=Limits(100, 2, 200, 300))

    assert small.pixels == ordinary(small).pixels
