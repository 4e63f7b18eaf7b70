import numpy as np
import pytest

from model.calibrate import Calibration
from model.dataset.examples import DatasetError, read_examples
from model.errors import ReleaseError
from model.evaluation.fold_networks import (
    calibration_of,
    fold_classifiers,
    fold_faith,
    fold_robustness,
)
from model.evaluation.out_of_fold import OutOfFold
from model.evaluation.perturb import perturbations
from tests.support.brightness import Brightness
from tests.support.labelled_folder import write_labelled
from tests.support.release import shipped_classifier, shipped_release
from tests.support.scored import scored
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    return read_examples(write_labelled(tmp_path_factory.mktemp("labelled"), 12))


def run_of(examples, folds=3):
    logits = np.linspace(-2.0, 3.0, len(examples))
    return OutOfFold(7, tuple(index % folds for index in range(len(examples))), scored(examples, logits))


class Counted(Brightness):
    """Remembers how many pictures it was asked about."""

    def __init__(self):
        self.asked = 0

    def classify(self, inputs):
        self.asked += len(inputs)
        return super().classify(inputs)


class Centred(Counted):
    """Its map shows the one cell that it looks at."""

    def _predict(self, cells):
        found = super()._predict(cells)
        found.heat_map[:] = np.where(np.arange(49).reshape(7, 7) == 24, found.heat_map, 0.0)
        return found


def test_a_calibration_is_found_from_logits_and_scores():
    calibration, logits = Calibration(0.37, -1.2, 0.5), np.linspace(-40.0, 40.0, 30)

    found = calibration_of(logits, np.array([calibration.score(float(logit)) for logit in logits]))

    assert (found.slope, found.intercept) == pytest.approx((0.37, -1.2))


@pytest.mark.parametrize(
    ("scores", "message"), [([0.2, 0.8, 0.3, 0.9], "more than one"), ([0.0, 1.0, 1.0, 0.4], "do not tell")]
)
def test_scores_that_tell_no_calibration_are_refused(scores, message):
    with pytest.raises(DatasetError, match=message):
        calibration_of(np.arange(4.0), np.array(scores))


def test_each_fold_is_asked_about_its_own_patients(examples):
    asked, told = {fold: Counted() for fold in range(3)}, []

    found = fold_robustness(
        asked, run_of(examples), examples, draws=50, progress=lambda done, total: told.append((done, total))
    )

    assert [one.name for one in found] == list(perturbations())
    assert {one.asked for one in asked.values()} == {4 * len(perturbations())}
    assert found[0].balanced_accuracy.value == 1.0
    assert found[-1].name == "wrong polarity"
    assert found[-1].change.value < -0.4
    assert told[0] == (0, 12)
    assert told[-1] == (12, 12)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_map_is_asked_of_each_fold(examples):
    asked = {fold: Centred() for fold in range(3)}

    found = fold_faith(asked, run_of(examples), examples)

    assert (found.pictures, found.share) == (6, 1.0)
    assert all(one.asked for one in asked.values())


def test_pictures_without_a_fracture_have_nothing_to_black_out(examples):
    sound = [one for one in examples if not one.label]

    with pytest.raises(DatasetError, match="no held-out picture"):
        fold_faith(dict.fromkeys(range(3), Brightness()), run_of(sound), sound)


def test_networks_that_are_not_there_are_missed(examples, tmp_path):
    with pytest.raises(DatasetError, match="no network of seed 7 and fold 0"):
        fold_classifiers(tmp_path, run_of(examples), 1)


@USES_TENSORFLOW[0]
@USES_TENSORFLOW[1]
@pytest.mark.timeout(240)
def test_a_network_of_a_run_is_loaded_with_its_calibration(examples, tmp_path):
    import_tensorflow()
    folder = tmp_path / "folds" / "seed-7-fold-0"
    folder.mkdir(parents=True)
    (folder / "network.weights.h5").write_bytes(shipped_release().read("network.weights.h5"))
    inputs = np.random.default_rng(0).integers(0, 65536, (2, 224, 224), dtype=np.uint16)

    classifier = fold_classifiers(tmp_path, run_of(examples, folds=1), 2)[0]

    found, expected = classifier.classify(inputs), shipped_classifier().classify(inputs)
    for one, other in zip(found, expected, strict=True):
        assert one.logit == pytest.approx(other.logit, abs=1e-3)
        assert one.score == pytest.approx(1 / (1 + np.exp(-one.logit)))  # the calibration of `scored`
    assert classifier.features(inputs).shape == (2, 1280)
    with pytest.raises(ReleaseError, match="belongs to no release"):
        _ = classifier.release
