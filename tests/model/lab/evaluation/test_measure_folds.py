import numpy as np
import pytest

from model.lab.dataset.examples import DatasetError, read_examples
from model.lab.evaluation.measure_folds import measure_out_of_fold
from model.lab.evaluation.measure_settings import MeasureSettings
from model.lab.evaluation.out_of_fold import OutOfFold, write_out_of_fold
from model.lab.evaluation.report import to_markdown
from tests.support.labelled_folder import write_labelled
from tests.support.scored import scored


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_labelled(tmp_path_factory.mktemp("labelled") / "data", 20)


def settings(data, **more):
    return MeasureSettings(data, draws=100, **more)


def out_of_fold(data, path, strength, seeds=(1, 2)):
    examples = read_examples(data)
    labels = np.array([example.label for example in examples])
    runs = []
    for seed in seeds:
        logits = np.random.default_rng(seed).normal(strength * (labels - 0.5), 1.0)
        runs.append(OutOfFold(seed, tuple(index % 3 for index in range(20)), scored(examples, logits)))
    write_out_of_fold(path, runs)
    return path


def test_predictions_of_a_cross_validation_are_measured_and_compared(data, tmp_path):
    good = out_of_fold(data, tmp_path / "good.csv", 9.0)
    poor = out_of_fold(data, tmp_path / "poor.csv", 0.0, seeds=(5,))

    report = measure_out_of_fold(settings(data), good, poor).report

    assert report.assessment.seeds == (1, 2)
    assert len(report.assessment.pooled.figures["auroc"].seeds) == 2
    assert report.comparison.figures["auroc"].difference.low > 0.0
    page = to_markdown(report)
    assert "spread over 2 seeds" in page
    assert "## Compared with poor.csv" in page


def test_predictions_of_other_pictures_are_refused(data, tmp_path):
    other = write_labelled(tmp_path / "other", 20, seed=9)
    path = out_of_fold(other, tmp_path / "other.csv", 1.0)

    with pytest.raises(DatasetError, match="20 of the 20 pictures"):
        measure_out_of_fold(settings(data), path)


def test_a_shortcut_is_asked_for_the_very_pictures(data, tmp_path):
    path = out_of_fold(data, tmp_path / "good.csv", 9.0)
    asked = []

    def blind(run, examples):
        asked.append((run.seed, len(examples)))
        return {0: scored(run.scored.examples, np.random.default_rng(0).normal(size=20))}

    report = measure_out_of_fold(settings(data), path, shortcuts={"nothing": blind}).report

    assert asked == [(1, 20)]
    lead = report.shortcuts["nothing"].figures["auroc"].difference
    assert lead.low > 0.0
    assert "| nothing | 0." in to_markdown(report)


@pytest.mark.parametrize("asked", ["changes", "heat_map", "probes"])
def test_networks_that_are_not_there_cannot_be_asked(data, tmp_path, asked):
    path = out_of_fold(data, tmp_path / "good.csv", 9.0)

    with pytest.raises(DatasetError, match="leave the run's folder as `model train` wrote it"):
        measure_out_of_fold(settings(data, **{asked: True}), path)
