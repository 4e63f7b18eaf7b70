"""A training that was killed, and went on, ends in the weights of one that was not."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.lab.training.runtime import file_digest
from model.lab.training.train import TrainSettings, train
from tests.support.labelled_folder import write_labelled
from tests.support.tensorflow import USES_TENSORFLOW
from tests.support.waiting import wait_until

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[4]
VALUES = {
    "name": "tiny", "unrelated": True, "make_release": False, "input_size": 64, "steps": 8, "small_steps": 0,
    "batch_size": 4, "warm_up_steps": 2, "validate_every": 4, "averaging": 0.5, "seed": 5,
    "strange_of_each": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory, uncompiled):
    """The settings of a training that went through."""
    from tests.support.base_weights import write_base_weights

    folder = tmp_path_factory.mktemp("killed")
    base = write_base_weights(folder / "base.weights.h5")
    data = write_labelled(folder / "data", 24)
    settings = TrainSettings(data, base, folder / "whole", cache=folder / "cache", **VALUES)
    train(settings)
    return settings


def stages_of(run):
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def weights_of(run):
    return next(line["weights"] for line in stages_of(run) if line["stage"] == "fitted")


def test_it_ends_in_the_same_weights(whole, tmp_path):
    run, log = tmp_path / "run", tmp_path / "run" / "log.jsonl"
    command = [sys.executable, "-m", "tests.support.train_process", run, whole.data, whole.base_weights]
    command += [whole.cache, json.dumps(VALUES)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, env=os.environ) as process:
        wait_until(lambda: log.is_file() and '"done": 4' in log.read_text(), timeout_s=200.0)
        process.send_signal(signal.SIGKILL)
    assert not (run / "fit" / "network.weights.h5").exists()

    train(replace(whole, out=run, resume=True))

    went_on = [line["stage"] for line in stages_of(run)]
    assert "resume" in went_on
    assert [line["done"] for line in stages_of(run) if line["stage"] == "fit"] == [0, 4, 8]
    assert weights_of(whole.out) == weights_of(run)
    first, again = (folder / "fit" / "network.weights.h5" for folder in (whole.out, run))
    assert file_digest(first) == file_digest(again)
