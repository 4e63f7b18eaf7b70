"""What a release records of its training; that it appears whole: `test_train` and `test_export`."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds
from model.lab.dataset.examples import digest
from model.lab.training.publish import count_parts, reference_of, release_facts
from model.lab.training.train_settings import TrainSettings
from tests.support.scored import example, scored
from tests.support.tensorflow import import_tensorflow

COPIES = [
    example("a", 1, source="one", patient="p"),
    example("b", 1, source="one", patient="p"),
    example("c", 0, source="two", patient="p"),
    example("d", 0, source="three", patient="q"),
]


def test_parts_are_counted_by_patient_source_and_file():
    assert count_parts({"train": COPIES, "val": []}) == {
        "train": {"patients": 2, "sources": 3, "fractured": 1, "files": 4},
        "val": {"patients": 0, "sources": 0, "fractured": 0, "files": 0},
    }


def test_a_reference_has_one_file_of_each_source():
    table = scored(COPIES, [2.0, 9.0, -2.0, -3.0])
    inputs = np.random.default_rng(0).integers(0, 65536, (4, 224, 224), dtype=np.uint16)
    found = reference_of(table, inputs)
    without_the_copy = reference_of(table.take([0, 2, 3]), inputs[[0, 2, 3]])

    assert found == without_the_copy


@pytest.mark.tensorflow
def test_a_release_names_all_that_it_learned_from_by_their_hashes(tmp_path):
    import_tensorflow()
    settings = TrainSettings(tmp_path, None, tmp_path, name="bones", version="3")
    run = SimpleNamespace(digests=lambda: {"data": "d"})
    used = [replace(one, sha256=f"{n:x}".ljust(64, "0")) for n, one in enumerate(COPIES)]
    facts = release_facts(
        settings,
        SimpleNamespace(refused={"truncated": 2}),
        run,
        [*used, used[0]],
        calibration=Calibration(1.0, 0.0, 0.5),
        thresholds=Thresholds(0.2, 0.8, 5.0),
        abstention=None,
        more={"parts": {"all": {}}},
    )

    assert (facts.name, facts.version) == ("bones", "3")
    assert facts.training["sha256_12"] == [one.sha256[:12] for one in used]
    assert facts.training["digest"] == digest([*used, used[0]])
    assert facts.training["refused"] == {"truncated": 2}
    assert facts.training["run"] == {"data": "d"}
    assert facts.training["settings"] == settings.as_plain()
    assert facts.training["parts"] == {"all": {}}
