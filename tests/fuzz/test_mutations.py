"""Thousands of damaged files, the same in every run: each ends in frames or in a ScanError (faults 17, 18).

They run in a child process; a native crash, or one that takes longer than `child.MOST_SECONDS`, is named by
its sample and seed. Repeat one with ``python -m tests.fuzz.child SEED SEED+1 SAMPLE``; try more with
``python -m tests.fuzz.campaign 700``, which is more than 20,000.

Break it: take the broad boundary out of `model.reading.prepare`, or `require_end_marker` out of a decoder.
"""

import pytest

from tests.fuzz.campaign import campaign
from tests.fuzz.mutations import mutate
from tests.fuzz.samples import data_folder_samples, samples
from tests.support.shared import needs_shared

SEEDS = 180
NAMES = list(samples())


@pytest.mark.parametrize("names", [NAMES[0::3], NAMES[1::3], NAMES[2::3]], ids=["first", "second", "third"])
def test_each_mutation_ends_in_frames_or_a_scan_error(names):
    codes, broken = campaign(0, SEEDS, names)

    assert broken == []
    assert codes.total() == SEEDS * len(names)
    assert codes["classified"] > SEEDS
    assert codes["truncated"] > SEEDS
    assert codes["bad_pixels"] > 10


@needs_shared
@pytest.mark.shared
def test_each_mutation_of_real_files_does_so():
    names = list(data_folder_samples())
    codes, broken = campaign(0, SEEDS // 2, names)

    assert len(names) == 4
    assert broken == []
    assert codes.total() == SEEDS // 2 * 4


def test_there_are_enough_different_files():
    known = samples()

    assert len(set(known.values())) == len(known) >= 11
    assert len({mutate("png", seed, known["png"]) for seed in range(SEEDS)}) > SEEDS * 0.9


def test_a_crash_is_named_and_the_rest_goes_on(monkeypatch, tmp_path):
    """The net itself holds: a child that dies at one seed costs that seed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes, tests.fuzz.mutations as m\n"
        "sound = m.mutate\n"
        "m.mutate = lambda name, seed, data: ctypes.string_at(0) if seed == 3 else sound(name, seed, data)\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:.")

    codes, broken = campaign(0, 5, ["png", "jpeg_ls"])

    assert broken == ["png 3 SIGSEGV", "jpeg_ls 3 SIGSEGV"]
    assert codes.total() == 8
