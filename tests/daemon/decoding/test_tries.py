from dataclasses import replace

import pytest

from daemon.decoding.tries import aside, for_hash, glance, once_more, ordinary, remaining
from model.reading.decode import Limits
from tests.support.limits import LIMITS


def test_a_first_try_is_for_ordinary_scans():
    first = ordinary(LIMITS)

    assert first.pixels.max_pixels_per_frame >= 4096 * 5120
    assert first.pixels.max_pixels_per_frame < LIMITS.pixels.max_pixels_per_frame
    assert first.pixels.max_pixels_per_scan < LIMITS.pixels.max_pixels_per_scan
    assert first.pixels.max_inflated_bytes >= 2 * first.pixels.max_pixels_per_scan
    assert (LIMITS.memory_bytes, LIMITS.max_file_bytes) == (first.memory_bytes, first.max_file_bytes)


def test_a_first_try_has_little_time_however_many_frames():
    first = ordinary(LIMITS)

    assert first.deadline_s == pytest.approx(LIMITS.deadline_s / 3)
    assert (first.deadline_per_frame_s, first.processor_s) == (0, 2)
    assert LIMITS.pixels == first.slow_lane


def test_all_tries_together_have_the_deadline():
    assert remaining(LIMITS, 2).deadline_s == LIMITS.deadline_s - 2
    assert remaining(LIMITS, 2).deadline_per_frame_s == LIMITS.deadline_per_frame_s
    assert remaining(LIMITS, 2).processor_s is None
    assert remaining(LIMITS, LIMITS.deadline_s * 0.91) is None
    assert remaining(LIMITS, LIMITS.deadline_s * 9) is None


def test_a_first_try_never_has_more_than_the_settings_allow():
    small = replace(LIMITS, pixels=Limits(100, 2, 200, 300))

    assert small.pixels == ordinary(small).pixels


def test_a_try_in_the_place_of_another_has_no_more_time_than_that_and_always_a_little():
    limits = replace(LIMITS, deadline_s=30)
    first = ordinary(limits)

    assert once_more(limits, first, 9) == first
    assert once_more(limits, first, 27) == replace(first, deadline_s=3)
    assert once_more(limits, limits, 9) == replace(limits, deadline_s=21)
    assert once_more(limits, first, 99) == replace(first, deadline_s=3)


def test_a_look_aside_has_seconds_of_a_processor_and_a_glance_gives_up_before():
    assert aside(LIMITS) == replace(LIMITS, processor_s=5)
    assert glance(LIMITS) == replace(aside(LIMITS), glance_s=0.1)


def test_a_hash_has_what_is_left_and_at_least_a_second_and_a_half():
    limits = replace(LIMITS, deadline_s=30)

    assert for_hash(limits, 2) == replace(aside(limits), deadline_s=28)
    assert for_hash(limits, 30) == replace(aside(limits), deadline_s=1.5)
