"""Fault 30: a picture's prediction is that of a run alone, whatever else is in its batch.

Break it: normalise over the batch instead of over each picture, or share a scratch buffer between pictures.
"""

import numpy as np
import pytest

from model.reading.network_input import INPUT_SIZE
from model.reading.prepare import prepare
from tests.support.pictures import png_bytes
from tests.support.release import shipped_classifier

SLOTS = 16
FARTHEST = 1e-5


def bad_pictures():
    black = np.zeros((INPUT_SIZE, INPUT_SIZE), np.uint16)
    board = (np.indices(black.shape).sum(axis=0) % 2 * 65535).astype(np.uint16)
    return {"black": black, "white": black + 65535, "board": board}


@pytest.fixture(scope="module")
def alone():
    """Sixteen sound pictures, and the score of each in a run alone."""
    pictures = np.concatenate([prepare(png_bytes(seed)).inputs for seed in range(SLOTS)])
    return pictures, [shipped_classifier().classify(one[None])[0].score for one in pictures]


@pytest.mark.parametrize("slot", range(SLOTS))
def test_a_bad_picture_in_any_slot_changes_no_other(alone, slot):
    pictures, scores = alone
    bad = list(bad_pictures().values())[slot % 3]
    batch = pictures.copy()
    batch[slot] = bad

    found = shipped_classifier().classify(batch)

    for index in set(range(SLOTS)) - {slot}:
        assert abs(found[index].score - scores[index]) <= FARTHEST
    assert np.isfinite(found[slot].score)


def test_the_daemon_records_what_a_run_alone_says(daemon, alone):
    _, scores = alone
    named = {f"{seed}.png": png_bytes(seed) for seed in range(SLOTS)} | {"3.png": png_bytes(3)[:300]}

    found = daemon.answers("neighbours", named)

    assert found.pop("3.png")["error_code"] == "truncated"
    for name, row in found.items():
        assert abs(row["score"] - scores[int(name.removesuffix(".png"))]) <= FARTHEST
