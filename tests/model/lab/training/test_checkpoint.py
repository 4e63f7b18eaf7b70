import numpy as np
import pytest

from model.lab.training.checkpoint import CheckpointError, read_checkpoint, write_checkpoint

LISTS = {"weights": [np.arange(n, dtype=np.float32) for n in range(12)], "step": [np.array(7)]}


def test_what_is_read_is_what_was_written(tmp_path):
    path = tmp_path / "c.npz"
    write_checkpoint(path, {"weights": [], "step": [np.array(1)]})

    write_checkpoint(path, LISTS)
    found = read_checkpoint(path)

    assert found["step"][0] == 7
    for one, other in zip(LISTS["weights"], found["weights"], strict=True):
        np.testing.assert_array_equal(one, other)
    assert [path] == list(tmp_path.iterdir())


def test_no_checkpoint_is_none(tmp_path):
    assert read_checkpoint(tmp_path / "c.npz") is None


def test_a_write_that_fails_leaves_the_old_one(tmp_path):
    path = tmp_path / "c.npz"
    write_checkpoint(path, LISTS)

    with pytest.raises(ZeroDivisionError):
        write_checkpoint(path, {"weights": (1 / zero for zero in (0,))})

    assert read_checkpoint(path)["step"][0] == 7


def test_a_broken_checkpoint_says_what_to_do(tmp_path):
    path = tmp_path / "c.npz"
    write_checkpoint(path, LISTS)
    path.write_bytes(path.read_bytes()[:500])

    with pytest.raises(CheckpointError, match=r"c\.npz .* remove it"):
        read_checkpoint(path)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "c.npz"
    np.savez(path, **{"weights/0": np.array([{}], dtype=object)})

    with pytest.raises(CheckpointError):
        read_checkpoint(path)
