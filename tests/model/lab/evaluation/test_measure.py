import json
from dataclasses import replace

import numpy as np
import pytest

from model.decisions.decision import CLASSES
from model.lab.dataset.examples import DatasetError, read_examples
from model.lab.evaluation.measure import measure_release
from model.lab.evaluation.measure_settings import MeasureSettings
from model.lab.evaluation.perturb import perturbations
from model.lab.evaluation.report import to_markdown, write_report
from tests.support.brightness import Brightness
from tests.support.labelled_folder import write_labelled
from tests.support.release import shipped_release

pytest.importorskip("matplotlib", reason='needs the extra "train"')


class Told(Brightness):
    """Says that it learned from the pictures whose hashes it is given."""

    def __init__(self, *hashes):
        self.release = replace(shipped_release(), training={"sha256_12": [one[:12] for one in hashes]})


class Blind(Told):
    """Sees the top left corner only."""

    def classify(self, inputs):
        return super().classify(np.roll(inputs, (112, 112), axis=(1, 2)))


class Small(Told):
    """Takes smaller pictures than the others."""

    input_size = 112


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_labelled(tmp_path_factory.mktemp("labelled") / "data", 20)


def settings(data, **more):
    return MeasureSettings(data, draws=100, **more)


def test_a_release_is_measured_and_compared(data):
    reported = []
    measured = measure_release(settings(data), Told(), Blind(), lambda *one: reported.append(one))

    report = measured.report
    assert report.assessment.pooled.figures["auroc"].value == 1.0
    assert report.assessment.within == ("unknown",)
    assert report.comparison.figures["auroc"].first == 1.0
    assert report.comparison.figures["auroc"].second < 0.9
    assert report.comparison.mcnemar.first_only == 10
    assert report.warnings == ()
    assert (report.changes, report.faith) == ((), None)
    assert ("predicting", 20, 20) in reported
    assert len(measured.examples) == len(measured.sources.names) == 20


def test_a_folder_that_tells_no_patients_is_measured_with_a_caution(data, tmp_path):
    report = measure_release(settings(data), Told()).report
    assert "Patients are not known" in report.cautions[0]
    assert f"**{report.cautions[0]}**" in to_markdown(report)

    lines = [f"{one.path},{CLASSES[one.label]},{one.patient}" for one in read_examples(data)]
    lines[1] = lines[1].rpartition(",")[0] + "," + lines[0].rpartition(",")[2]
    reported = tmp_path / "manifest.csv"
    reported.write_text("\n".join(["file,label,patient_group", *lines]))
    assert measure_release(settings(reported), Told()).report.cautions == ()


def test_releases_of_two_sizes_are_compared_on_the_same_pictures(data):
    report = measure_release(settings(data, changes=True), Small(), Told()).report

    assert report.comparison.figures["auroc"].first == report.comparison.figures["auroc"].second == 1.0
    assert [one.name for one in report.changes] == list(perturbations())


def test_what_changed_pictures_and_blacking_out_do_is_measured_if_asked(data):
    report = measure_release(settings(data, changes=True), Told()).report

    assert [one.name for one in report.changes] == list(perturbations())
    assert "| upside down | 1.000 | 0.000 (0.000 to 0.000) |" in to_markdown(report)


def test_pictures_that_were_learned_from_are_refused_or_marked(data):
    known = read_examples(data)[3].sha256

    with pytest.raises(DatasetError, match="learned from 1 of these 20 files"):
        measure_release(settings(data), Told(known))
    with pytest.raises(DatasetError, match="learned from 1 of these 20 files"):
        measure_release(settings(data), Told(), Told(known))
    marked = measure_release(settings(data, allow_trained=True), Told(known)).report
    assert "say nothing of new patients.**" in to_markdown(marked)


def test_a_release_that_does_not_tell_what_it_learned_from_is_marked(data):
    silent = Told()
    silent.release = replace(silent.release, training={})

    assert "does not state which pictures" in measure_release(settings(data), silent).report.warnings[0]


def test_a_report_is_written_whole(data, tmp_path):
    measured = measure_release(settings(data), Blind())

    written = write_report(tmp_path / "report", measured.report, measured.sources, measured.examples)

    assert {path.name for path in written} == {path.name for path in (tmp_path / "report").iterdir()}
    plain = json.loads((tmp_path / "report" / "evaluation.json").read_text())
    assert plain == measured.report.as_plain()
    page = (tmp_path / "report" / "evaluation.md").read_text()
    for name in ("roc.png", "reliability.png", "scores.png", "mistakes.png"):
        assert f"]({name})" in page
        assert (tmp_path / "report" / name).read_bytes().startswith(b"\x89PNG")
    assert str(data) not in page + json.dumps(plain)
    for table in page.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count("|") for line in table.strip().splitlines()}) == 1


def test_the_same_seed_gives_the_same_report(data):
    first, second = (measure_release(settings(data, seed=4), Blind()).report.as_plain() for _ in range(2))

    assert first == second
