"""The bounds on claimed files, by arithmetic; that the pipeline keeps to them: `test_pipeline`."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from daemon.decoding.messages import Decoded, FramePreview
from daemon.pipeline.in_flight import IN_TURN, InFlight, Job
from daemon.spool.claim import Claim
from daemon.states import State
from model.header import Header


@pytest.fixture
def executor():
    """As many workers and slow files as a test says."""
    return SimpleNamespace(workers=2, slow=0)


@pytest.fixture
def flying(executor):
    return InFlight(executor, batch_size=4, most_frames=10)


def claim(number):
    return Claim(f"scan-{number}", Path("claimed") / str(number), b"%d.png" % number)


def job(number, frames):
    inputs = None if frames is None else np.zeros((frames, 2, 2), np.uint16)
    return Job(claim(number), Decoded(header=Header("png"), inputs=inputs))


def decoding(flying, *numbers):
    for number in numbers:
        flying.move(claim(number), State.CLAIMED, is_untried=True)
        flying.move(claim(number), State.DECODING)


def test_room_is_for_the_batches_and_two_files_a_child(flying, executor):
    assert flying.room(0) == IN_TURN * 4 + 2 * 2
    assert flying.room(15) == 1
    assert flying.room(99) == 0
    executor.slow = 5
    assert flying.room(15) == 6
    executor.slow = 100_000  # no more than a thousand wait beside the others
    assert flying.room(1016) == 0


def test_counts_go_with_the_states(flying):
    flying.move(claim(1), State.CLAIMED)
    decoding(flying, 2)
    flying.move(claim(3), State.DECODED)

    assert (flying.without_row, flying.noted, flying.decoding_quickly) == (3, 2, 1)
    assert flying.first_claimed().claim == claim(1)
    flying.move(claim(3), State.IN_BATCH)
    flying.move(claim(3), State.RECORDED)
    assert (flying.without_row, flying.noted) == (2, 1)


def test_a_child_has_four_files_before_it_and_one_once_half_of_the_frames_wait(flying):
    decoding(flying, *range(7))
    assert flying.has_room_in_children()
    decoding(flying, 7)
    assert not flying.has_room_in_children()
    for number in range(6):
        flying.decoded(job(number, 1 if number < 5 else None))
    assert flying.decoding_quickly == 2
    assert not flying.has_room_in_children()
    flying.decoded(job(6, None))
    assert flying.has_room_in_children()


def test_at_the_most_frames_no_child_begins_another_until_rows_stand(flying):
    decoding(flying, 1)
    flying.decoded(job(1, 10))
    assert flying.is_full
    assert not flying.has_room_in_children()
    flying.forget_frames([job(1, 10)])
    assert not flying.is_full
    assert flying.has_room_in_children()


def test_small_pictures_count_by_their_bytes_until_rows_stand(flying):
    """Break it: count frames alone. Those of a thousand scans in flight are 300 MB that no bound knows of."""
    with_previews = replace(
        job(1, 1), decoded=replace(job(1, 1).decoded, previews=(FramePreview(bytes(850_000), bytes(1)),))
    )
    assert (with_previews.frames, with_previews.weight) == (1, 10)
    decoding(flying, 1)
    flying.decoded(with_previews)
    assert flying.is_full
    flying.forget_frames([with_previews])
    assert not flying.is_full


def test_who_leaves_leaves_all_and_names_those_whose_attempt_was_noted(flying):
    flying.move(claim(1), State.CLAIMED, is_untried=True)
    decoding(flying, 2)
    flying.move(claim(3), State.RECORDED)

    assert list(flying.leave()) == [claim(2)]
    assert len(flying.files) == 0
    assert flying.files.left[State.LEFT] == 3
