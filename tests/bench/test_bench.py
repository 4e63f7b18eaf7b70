"""The benchmark works; what it measures is asserted nowhere, for a loaded machine is no fault."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from model.reading.prepare import prepare
from tests.bench.contenders import in_turn
from tests.bench.earlier import Earlier, UnknownRevisionError, checked_out
from tests.bench.mix import KINDS, STANDARD, one_file, small_pictures, with_comment
from tests.bench.report import lines
from tests.bench.same_results import reference_picture
from tests.support.shared import ROOT
from tests.support.tensorflow import import_tensorflow

ROWS, COLUMNS = 250, 205

needs_history = pytest.mark.skipif(
    subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, check=False).returncode
    != 0,
    reason="this is no clone: there is no earlier revision to lay beside it",
)


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_files_of_the_mix_have_the_same_bytes_and_all_can_be_read(kind):
    contents = [one_file(kind, number, ROWS, COLUMNS)[1] for number in (0, 4, 8)]
    assert len({hashlib.sha256(content).digest() for content in contents}) == 3
    inputs = [prepare(content).inputs for content in contents]
    assert np.array_equal(inputs[0], inputs[1])  # the same picture in another file
    assert len(np.unique(inputs[0])) > 100


def test_the_mix_is_the_standard_one():
    numbers = {kind: STANDARD.count(kind) for kind in KINDS}
    assert numbers == {
        "native": 4,
        "jpeg-lossless": 2,
        "jpeg-ls": 1,
        "jpeg-2000": 1,
        "rle": 1,
        "jpeg-baseline": 1,
        "png": 1,
        "jpeg": 1,
    }


def test_a_small_picture_with_a_comment_is_the_same_picture():
    first, second = (with_comment(small_pictures()[0], number) for number in (1, 2))
    assert first != second
    assert np.array_equal(prepare(first).inputs, prepare(second).inputs)


@pytest.mark.tensorflow
@pytest.mark.parametrize("kind", ["native", "rle", "jpeg-baseline", "jpeg-2000", "png", "jpeg"])
def test_the_naive_daemon_sees_the_same_pictures(kind, tmp_path):
    import_tensorflow()
    from tests.bench.naive import read_picture

    ending, content = one_file(kind, 1, ROWS, COLUMNS)
    path = tmp_path / f"picture{ending}"
    path.write_bytes(content)
    ours = prepare(content).inputs[0] / 65535
    assert np.abs(read_picture(path) - ours).max() < 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_shows_the_same_pictures(kind):
    content = one_file(kind, 1, ROWS, COLUMNS)[1]
    assert np.abs(reference_picture(content) - prepare(content).inputs[0] / 65535).max() < 2e-5


@pytest.mark.tensorflow
@pytest.mark.timeout(240)
def test_a_tiny_benchmark_measures_what_it_says(tmp_path):
    import_tensorflow()
    sizes = {"rounds": 1, "rows": ROWS, "columns": COLUMNS, "files": 12, "naive-files": 2, "drops": 2}
    sizes |= {"parts": "mix,latency", "kinds": "native,png", "rest-s": 0, "out": tmp_path}
    options = [f"--{name}={value}" for name, value in sizes.items()]
    program = [sys.executable, "-m", "tests.bench", *options]
    subprocess.run(program, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    found = json.loads((tmp_path / "bench.json").read_text())
    mix = found["mix"]
    assert mix["outcomes"] == {"classified": 12 + 5}
    assert mix["naive_failures"] == {}
    assert min(mix["naive_files_per_s"], mix["inboxray_files_per_s"], mix["limit_files_per_s"]) > 0
    assert {"read", "hash", "decode", "classify", "record", "dispose"} <= mix["stages_ms"].keys()
    assert found["latency"]["drops"] == 2
    assert len(list(lines(found))) > 5
    assert not (tmp_path / "work").exists()


@needs_history
def test_an_earlier_revision_runs_its_own_code_and_is_taken_away_again(tmp_path):
    with checked_out("HEAD", tmp_path / "base") as checkout:
        (checkout / "daemon" / "__init__.py").write_text("where = __file__\n")
        earlier = Earlier(checkout, tmp_path / "spool")
        program = [sys.executable, "-c", "import daemon; print(daemon.where)"]
        shown = subprocess.run(
            program, cwd=checkout, env=earlier._environment(), check=True, capture_output=True, text=True
        )
    assert shown.stdout.strip() == str(checkout / "daemon" / "__init__.py")
    assert not checkout.exists()


@needs_history
def test_a_revision_that_is_not_there_is_named(tmp_path):
    with (
        pytest.raises(UnknownRevisionError, match="no-such cannot be checked out"),
        checked_out("no-such", tmp_path / "base"),
    ):
        pass


def test_two_builds_take_turns():
    builds = {"inboxray": 1, "base": 2}
    assert [[who for who, _ in in_turn(builds, number)] for number in (0, 1)] == [
        ["inboxray", "base"],
        ["base", "inboxray"],
    ]
