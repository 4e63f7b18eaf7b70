import json

import numpy as np
import pytest

from model.decisions.decision import decide
from model.errors import ReleaseError
from model.lab.dataset.examples import DatasetError, read_examples
from model.lab.evaluation.fold_networks import fold_classifiers, fold_faith, fold_robustness
from model.lab.evaluation.nested import Aims, draw_lines
from model.lab.evaluation.out_of_fold import OutOfFold
from model.lab.evaluation.perturb import perturbations
from model.lab.evaluation.run_files import JUDGE, SETTINGS, WEIGHTS, fold_folder
from tests.support.brightness import Brightness
from tests.support.labelled_folder import write_labelled
from tests.support.release import shipped_classifier, shipped_release
from tests.support.scored import scored
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    return read_examples(write_labelled(tmp_path_factory.mktemp("labelled"), 12))


def run_of(examples, folds=3):
    labels = np.array([example.label for example in examples])
    logits = np.linspace(-2.0, 3.0, len(examples)) + 2.0 * labels
    return OutOfFold(7, tuple(index // 2 % folds for index in range(len(examples))), scored(examples, logits))


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


def test_each_fold_is_asked_about_its_own_patients(examples):
    asked, reported = {fold: Counted() for fold in range(3)}, []

    found = fold_robustness(
        asked,
        run_of(examples),
        examples,
        draws=50,
        progress=lambda done, total: reported.append((done, total)),
    )

    assert [one.name for one in found] == list(perturbations())
    assert {one.asked for one in asked.values()} == {4 * len(perturbations())}
    assert found[0].balanced_accuracy.value == 1.0
    assert found[-1].name == "wrong polarity"
    assert found[-1].change.value < -0.4
    assert reported[0] == (0, 12)
    assert reported[-1] == (12, 12)
    assert [done for done, _ in reported] == sorted(done for done, _ in reported)


def test_the_map_is_asked_of_each_fold(examples):
    asked = {fold: Centred() for fold in range(3)}

    found = fold_faith(asked, run_of(examples), examples)

    assert (found.pictures, found.share) == (6, 1.0)
    assert all(one.asked for one in asked.values())


def test_pictures_without_a_fracture_have_nothing_to_black_out(examples):
    sound = [one for one in examples if not one.label]

    with pytest.raises(DatasetError, match="no held-out picture"):
        fold_faith(dict.fromkeys(range(3), Brightness()), run_of(sound), sound)


@pytest.fixture
def run_folder(tmp_path):
    aims = {"sensitivity": 0.95, "specificity": 0.95, "abstain_share": Aims().abstain_share}
    (tmp_path / SETTINGS).write_text(json.dumps(aims))
    return tmp_path


def test_networks_that_are_not_there_are_missed(examples, run_folder):
    with pytest.raises(DatasetError, match=r"no network\.weights\.h5 of seed 7 and fold 0"):
        fold_classifiers(run_folder, run_of(examples), 1)


@USES_TENSORFLOW[0]
@USES_TENSORFLOW[1]
@pytest.mark.timeout(240)
def test_a_network_of_a_run_is_loaded_with_its_lines(examples, run_folder):
    import_tensorflow()
    release = shipped_release()
    for fold in range(2):
        folder = fold_folder(run_folder, 7, fold)
        folder.mkdir(parents=True)
        (folder / WEIGHTS).write_bytes(release.read(release.weights_file))
        (folder / JUDGE).write_bytes(release.read(release.abstention_file))
    size = release.shape.input_size
    aims = json.loads((run_folder / SETTINGS).read_text())
    (run_folder / SETTINGS).write_text(json.dumps(aims | {"input_size": size}))
    inputs = np.random.default_rng(0).integers(0, 65536, (2, size, size), dtype=np.uint16)
    run = run_of(examples, folds=2)

    classifier = fold_classifiers(run_folder, run, 2)[0]

    others = [row for row, fold in enumerate(run.folds) if fold == 1]
    calibration, thresholds = draw_lines(
        run.scored.logits[others],
        run.scored.distances[others],
        [run.scored.examples[row] for row in others],
        Aims(),
    )
    found, expected = classifier.classify(inputs), shipped_classifier().classify(inputs)
    for one, other in zip(found, expected, strict=True):
        assert one.logit == pytest.approx(other.logit, abs=1e-3)
        assert one.distance == pytest.approx(other.distance, abs=1e-2)
        assert one.score == pytest.approx(calibration.score(one.logit))
        assert one.decision == decide(one.score, one.distance, thresholds)
    assert classifier.features(inputs).shape == (2, 1280)
    with pytest.raises(ReleaseError, match="belongs to no release"):
        _ = classifier.release
