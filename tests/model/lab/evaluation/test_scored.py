import numpy as np
import pytest

from model.errors import BadNetworkOutput
from model.lab.evaluation.scored import join_tables, score_pictures
from tests.support.brightness import Brightness, Broken
from tests.support.scored import example


def pictures(*values):
    return np.stack([np.full((224, 224), round(value * 65535), np.uint16) for value in values])


def test_each_picture_gets_its_prediction_and_progress_is_told():
    reported = []
    values = np.linspace(0.1, 0.9, 40)
    examples = [example(str(index), index % 2) for index in range(40)]

    found = score_pictures(
        Brightness(), examples, pictures(*values), lambda done, total: reported.append((done, total))
    )

    np.testing.assert_allclose(20 * values - 10, found.logits, atol=1e-3)
    assert found.examples == tuple(examples)
    assert reported[0] == (0, 40)
    assert reported[-1] == (40, 40)


def test_an_output_that_is_not_finite_is_no_figure():
    with pytest.raises(BadNetworkOutput, match="not finite"):
        score_pictures(Broken(), [example("a", 1)], pictures(0.5))


def test_tables_of_folds_are_joined():
    first, second = (
        score_pictures(Brightness(), [example(name, 1)], pictures(value))
        for name, value in (("a", 0.2), ("b", 0.7))
    )

    joined = join_tables([first, second])

    assert [one.path.stem for one in joined.examples] == ["a", "b"]
    np.testing.assert_array_equal(np.concatenate([first.logits, second.logits]), joined.logits)
    np.testing.assert_array_equal(second.scores, joined.take([1]).scores)
