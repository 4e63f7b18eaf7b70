import json
import shutil

import numpy as np
import pytest

from model.lab.dataset.examples import DatasetError, digest, read_examples
from model.lab.evaluation.measure_folds import measure_out_of_fold
from model.lab.evaluation.measure_settings import MeasureSettings
from model.lab.evaluation.out_of_fold import OutOfFold, write_out_of_fold
from model.lab.training.card.from_report import card_of_report, read_report, rewrite_card
from model.release import open_release
from tests.support.labelled_folder import write_labelled
from tests.support.release import shipped_release
from tests.support.scored import scored


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_labelled(tmp_path_factory.mktemp("labelled") / "data", 20)


@pytest.fixture(scope="module")
def report(data, tmp_path_factory):
    """The report of a cross-validation that tells its pictures apart, beside one that is shown nothing."""
    examples = read_examples(data)
    labels = np.array([example.label for example in examples])
    path = tmp_path_factory.mktemp("run") / "out_of_fold.csv"
    write_out_of_fold(path, [OutOfFold(3, tuple(np.arange(20) % 3), scored(examples, 6.0 * labels - 3.0))])
    blind = scored(examples, np.random.default_rng(0).normal(size=20))
    measured = measure_out_of_fold(
        MeasureSettings(data, draws=100), path, shortcuts={"nothing": lambda _run, _examples: {0: blind}}
    )
    return measured.report.as_plain()


@pytest.fixture
def release(data, tmp_path):
    """A copy of the shipped release that says it learned from these pictures."""
    folder = shutil.copytree(shipped_release().path, tmp_path / "release")
    manifest = json.loads((folder / "release.json").read_text())
    manifest["training"]["digest"] = digest(read_examples(data))
    manifest["training"]["cross_validation"].pop("measured", None)
    (folder / "release.json").write_text(json.dumps(manifest))
    return open_release(folder)


def test_a_release_gets_its_card_and_its_figures(release, report):
    card = card_of_report(
        release, report, "## About\n\nMade by a test.", {"marks": {"arrows": {"fractured": 3}}}
    )

    written = rewrite_card(release, card, report)

    assert written.sha256 != release.sha256
    assert written.read("MODEL_CARD.md").decode() == card
    assert json.loads((written.path / "release.json").read_text())["evaluation"] == report
    assert sorted(entry.name for entry in written.path.iterdir()) == sorted([*written.files, "release.json"])
    assert sorted(entry.name for entry in written.path.parent.iterdir()) == ["release"]
    for words in (
        "A classifier that sees nothing reaches 0.",
        "Each lead that was measured is shown to lie above 0",
        "cross-validation",
        "Made by a test.",
        "| marks | arrows | 3 | 0 |",
        f"{release.thresholds.rule_in:.4f}",
        "inboxray model train",
    ):
        assert words in card, words


def test_a_report_is_of_what_was_measured_where_more_was_learned_from(release, report):
    """Break it: compare with all that was learned from. A batch to learn from leaves no card."""
    manifest = json.loads((release.path / "release.json").read_text())
    manifest["training"]["cross_validation"]["measured"] = manifest["training"]["digest"]
    manifest["training"]["digest"] = "0" * 64
    (release.path / "release.json").write_text(json.dumps(manifest))

    assert "cross-validation" in card_of_report(open_release(release.path), report)


def test_strangers_stand_in_the_card_of_the_release_that_met_them(release, report):
    met = report | {
        "identity": {"release": release.sha256},
        "strangers": [
            {"kind": "ct", "pictures": 4, "refused": 0, "decisions": {"abstained": 3, "fractured": 1}}
        ],
    }

    card = card_of_report(release, report, met=met)

    assert "| ct | 4 | 75.0 % | 1 | 0 | 0 |" in card
    with pytest.raises(DatasetError, match="the report with the strangers is not of"):
        card_of_report(release, report, met=met | {"identity": {"release": "another"}})


def test_a_report_of_other_pictures_is_refused(report):
    with pytest.raises(DatasetError, match="other pictures"):
        card_of_report(shipped_release(), report)


def test_a_report_of_another_release_or_of_memory_is_refused(release, report):
    held_out = {**report, "subject": release.label, "identity": {"release": release.sha256}}

    assert "the network had seen none of them" in card_of_report(release, {**held_out, "warnings": []})
    with pytest.raises(DatasetError, match="not of"):
        card_of_report(release, {**held_out, "warnings": ["learned from"]})
    with pytest.raises(DatasetError, match="not of"):
        card_of_report(release, {**held_out, "identity": {"release": "0" * 64}, "warnings": []})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"subject": "a"}', "\x00"])
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "evaluation.json"
    path.write_text(text)

    with pytest.raises(DatasetError, match="no report"):
        read_report(path)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_report(tmp_path / "no.json")
