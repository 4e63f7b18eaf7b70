from pathlib import Path

import numpy as np
import pytest

from model.decisions.decision import Decision
from model.errors import BadNetworkOutput
from model.lab.dataset.examples import DatasetError, Example
from model.lab.evaluation.out_of_fold import COLUMNS, OutOfFold, read_out_of_fold, write_out_of_fold
from model.lab.evaluation.scored import Scored


def run(seed, folds=(0, 0, 1)):
    examples = (
        Example(Path("/data/images/b, left.png"), "b" * 64, 1, "s1", "p1", "clinic"),
        Example(Path("/data/images/c.png"), "c" * 64, 0, "s1", "p1", "clinic"),
        Example(Path("/data/images/a.png"), "a" * 64, 0, "s2", "p2", "other"),
    )
    logits = np.array([1.0 / 3.0, -2e-17, 40.0 + seed])
    decisions = (Decision.FRACTURED, Decision.ABSTAINED, Decision.UNCERTAIN)
    return OutOfFold(
        seed, folds, Scored(examples, logits, 1 / (1 + np.exp(-logits)), decisions, np.arange(3) + 0.1)
    )


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "out_of_fold.csv"

    write_out_of_fold(path, [run(7), run(3)])
    first, second = read_out_of_fold(path)

    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    assert (first.seed, second.seed) == (3, 7)
    assert first.folds == (1, 0, 0)
    expected = run(3).scored.take([2, 0, 1])
    np.testing.assert_array_equal(expected.logits, first.scored.logits)
    np.testing.assert_array_equal(expected.scores, first.scored.scores)
    np.testing.assert_array_equal(expected.distances, first.scored.distances)
    assert expected.decisions == first.scored.decisions
    assert [example.path for example in first.scored.examples] == [
        Path("a.png"),
        Path("b, left.png"),
        Path("c.png"),
    ]
    assert [
        (example.sha256, example.label, example.source, example.patient, example.provenance)
        for example in first.scored.examples
    ] == [
        (example.sha256, example.label, example.source, example.patient, example.provenance)
        for example in expected.examples
    ]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out_of_fold.csv"]


def test_a_patient_in_two_folds_is_refused():
    with pytest.raises(DatasetError, match="two folds"):
        run(0, folds=(0, 1, 1))


def test_a_picture_with_two_predictions_is_refused(tmp_path):
    path = tmp_path / "out_of_fold.csv"
    write_out_of_fold(path, [run(1)])
    path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")

    with pytest.raises(DatasetError, match="two predictions"):
        read_out_of_fold(path)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (",logit,", ",loggit,", "no column logit"),
        (",fractured,", ",broken,", "malformed"),
        (",uncertain,", ",perhaps,", "malformed"),
        (",41.0,", ",,", "malformed"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, before, after, message):
    path = tmp_path / "out_of_fold.csv"
    write_out_of_fold(path, [run(1)])
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))

    with pytest.raises(DatasetError, match=message):
        read_out_of_fold(path)


def test_a_file_that_is_not_there_or_empty_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_out_of_fold(tmp_path / "no.csv")

    (tmp_path / "empty.csv").write_text(",".join(COLUMNS) + "\n")
    with pytest.raises(DatasetError, match="no rows"):
        read_out_of_fold(tmp_path / "empty.csv")


def test_a_score_that_is_no_probability_is_refused(tmp_path):
    path = tmp_path / "out_of_fold.csv"
    write_out_of_fold(path, [run(1)])
    path.write_text(path.read_text().replace(",41.0,1.0,", ",nan,1.0,"))

    with pytest.raises(BadNetworkOutput, match="not finite"):
        read_out_of_fold(path)


def test_a_table_needs_as_many_predictions_as_pictures():
    table = run(1).scored

    with pytest.raises(DatasetError, match="lengths"):
        Scored(table.examples, table.logits[:2], table.scores, table.decisions, table.distances)
