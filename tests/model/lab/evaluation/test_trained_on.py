from dataclasses import replace

import pytest

from model.errors import ReleaseError
from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.trained_on import find_overlap, refuse_overlap
from tests.support.release import shipped_release
from tests.support.scored import example

HASHES = [f"{index:064x}"[::-1] for index in range(1, 6)]


def release(reported):
    shipped = shipped_release()
    return replace(shipped, training={"digest": "d"} if reported is None else {"sha256_12": reported})


def examples():
    made = [
        example(str(index), index % 2, source=f"s{index // 2}", patient=f"p{index // 2}")
        for index in range(4)
    ]
    return [replace(one, sha256=sha256) for one, sha256 in zip(made, HASHES, strict=False)]


def test_pictures_that_were_learned_from_are_found_by_their_bytes():
    found = find_overlap(release([HASHES[0][:12], HASHES[1][:12], HASHES[4][:12]]), examples())

    assert (found.is_known, found.files, found.sources) == (True, 2, 1)
    with pytest.raises(DatasetError, match="learned from 2 of these 4 files"):
        refuse_overlap(release([]), found, 4)


def test_new_pictures_are_welcome():
    found = find_overlap(release([HASHES[4][:12]]), examples())

    assert (found.is_known, found.files) == (True, 0)
    refuse_overlap(release([]), found, 4)


def test_a_release_that_does_not_tell_is_told_from_one_that_learned_from_none():
    assert not find_overlap(release(None), examples()).is_known
    assert find_overlap(release([]), examples()).is_known


@pytest.mark.parametrize("reported", ["abc", [12], ["xyz"], [HASHES[0]], {"a": 1}])
def test_what_is_malformed_is_refused(reported):
    with pytest.raises(ReleaseError, match="malformed"):
        find_overlap(release(reported), examples())
