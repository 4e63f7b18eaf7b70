import sys
from dataclasses import replace
from subprocess import run

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.classifier import ReleaseClassifier, open_classifier, to_network_input
from model.decisions.decision import Decision, decide
from model.decisions.strangeness import read_abstaining
from model.engines import Outputs
from model.errors import BadNetworkOutput, EngineError, ReleaseError
from model.reading.prepare import prepare
from tests.support.deadlines import scaled
from tests.support.release import shipped_classifier, shipped_release
from tests.support.shared import SHARED, needs_shared

SIZE = shipped_release().shape.input_size
MAP = (shipped_release().shape.map_size,) * 2
REGIONS = shipped_release().shape.regions


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 65536, (count, SIZE, SIZE), dtype=np.uint16)


class SaysWhatItIsTold:
    def __init__(self, outputs):
        self.outputs = outputs

    def evaluate(self, pictures):
        return self.outputs


def classifier_that_sees(logit, heat_map=None, statistics=None):
    count = len(logit)
    release = shipped_release()
    judge = read_abstaining(release.read(release.abstention_file), 1280)
    outputs = Outputs(
        np.asarray(logit, np.float32).reshape(count, 1),
        np.zeros((count, *MAP), np.float32) if heat_map is None else heat_map,
        np.zeros((count, 1280), np.float32),
        np.tile(judge.centre, (count, 1)).astype(np.float32) if statistics is None else statistics,
        np.zeros((count, len(REGIONS)), np.float32) if REGIONS else None,
    )
    return ReleaseClassifier(release, SaysWhatItIsTold(outputs), judge)


def test_a_prediction_follows_from_logit_and_release():
    for prediction in shipped_classifier().classify(pictures(3)):
        release = shipped_release()
        assert prediction.score == release.calibration.score(prediction.logit)
        assert prediction.decision == decide(prediction.score, prediction.distance, release.thresholds)
        assert prediction.heat_map.shape == MAP
        assert prediction.heat_map.dtype == np.float32


@pytest.mark.parametrize("slot", [0, 7, 15])
def test_a_prediction_does_not_depend_on_its_neighbours(slot):
    batch = pictures(16)
    batch[slot] = 0

    together = shipped_classifier().classify(batch)

    for index in (slot, 3, 12):
        (alone,) = shipped_classifier().classify(batch[index : index + 1])
        assert together[index].score == pytest.approx(alone.score, abs=1e-5)
        assert together[index].distance == pytest.approx(alone.distance, abs=1e-5)
        np.testing.assert_allclose(together[index].heat_map, alone.heat_map, atol=1e-5)


def test_noise_is_a_stranger():
    assert {Decision.ABSTAINED} == {p.decision for p in shipped_classifier().classify(pictures(4))}


@needs_shared
@pytest.mark.shared
def test_a_leg_is_no_stranger_and_is_the_same_in_lossless_encodings():
    folder = SHARED / "dicom" / "radiograph"
    files = [folder / f"RG3_{encoding}.dcm" for encoding in ("UNC", "J2KR", "JLSL", "JPLL")]

    predictions = shipped_classifier().classify(
        np.concatenate([prepare(file.read_bytes()).inputs for file in files])
    )

    assert np.ptp([prediction.score for prediction in predictions]) < 1e-5


def test_no_picture_gives_no_prediction():
    assert shipped_classifier().classify(pictures(0)) == []


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros((1, 224, 224), np.float32),
        np.zeros((1, 224, 224), np.uint8),
        np.zeros((224, 224), np.uint16),
        np.zeros((1, 224, 225), np.uint16),
    ],
)
def test_what_is_no_input_is_refused(inputs):
    with pytest.raises(ValueError, match="inputs are uint16"):
        shipped_classifier().classify(inputs)


@pytest.mark.parametrize("where", ["logit", "heat_map", "statistics"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_output_that_is_not_finite_is_no_prediction_and_spoils_no_other(where, value):
    given = classifier_that_sees([0.0, 0.0, 0.0])
    getattr(given._engine.outputs, where)[1] = value

    first, second, third = given.classify(pictures(3))

    assert second is None
    assert first.decision == third.decision


@pytest.mark.parametrize(
    "wrong",
    [
        {"logit": [0.0]},
        {"logit": [0.0, 0.0], "heat_map": np.zeros((2, 6, MAP[0]), np.float32)},
        {"logit": [0.0, 0.0], "statistics": np.zeros((2, 1087), np.float32)},
    ],
)
def test_an_output_of_the_wrong_shape_is_an_error(wrong):
    with pytest.raises(BadNetworkOutput, match="shapes") as caught:
        classifier_that_sees(**wrong).classify(pictures(2))
    assert caught.value.code == "bad_network_output"


@settings(deadline=None)
@given(st.floats(-100.0, 100.0), st.floats(0.0, 100.0))
def test_any_finite_output_has_a_decision(logit, away):
    release = shipped_release()
    judge = read_abstaining(release.read(release.abstention_file), 1280)

    (prediction,) = classifier_that_sees(
        [logit], statistics=(judge.centre + away)[None].astype(np.float32)
    ).classify(pictures(1))

    assert 0.0 <= prediction.score <= 1.0
    assert prediction.decision in Decision


def test_an_unknown_engine_is_refused():
    with pytest.raises(EngineError, match='choose "litert" or "tensorflow"'):
        open_classifier(shipped_release(), "torch")


def test_the_input_of_the_network_runs_from_black_to_white():
    assert to_network_input(np.array([[[0, 65535]]], np.uint16)).ravel().tolist() == [0.0, 1.0]


def test_classifying_with_litert_imports_no_tensorflow_and_prints_nothing():
    script = (
        "import sys; import numpy as np; from model.classifier import open_classifier;"
        "from model.release import find_release, open_release;"
        "c = open_classifier(open_release(find_release()));"
        "assert len(c.classify(np.zeros((1, 224, 224), np.uint16))) == 1;"
        "assert not {'tensorflow', 'keras', 'sqlalchemy'} & set(sys.modules)"
    )

    done = run([sys.executable, "-c", script], capture_output=True, timeout=scaled(60), check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_release_of_another_pipeline_is_refused():
    other = replace(shipped_release(), pipeline_version="0")

    with pytest.raises(ReleaseError, match="measured with version 0"):
        open_classifier(other)
