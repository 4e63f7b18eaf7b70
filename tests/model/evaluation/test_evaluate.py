import json
from pathlib import Path

import numpy as np
import pytest

from model.classifier import Prediction
from model.dataset.examples import Example
from model.decision import Decision
from model.errors import BadNetworkOutput
from model.evaluation.evaluate import evaluate


class Brightness:
    """Calls the bright pictures fractured; blind where the centre is black."""

    release = None

    def classify(self, inputs):
        centre = inputs[:, 112, 112] / 65535
        return [
            Prediction(
                float(value),
                float(value),
                1.0,
                Decision.FRACTURED if value > 0.5 else Decision.NOT_FRACTURED,
                np.zeros((7, 7), np.float32),
            )
            for value in centre
        ]


class Broken(Brightness):
    def classify(self, inputs):
        return [None, *super().classify(inputs)[1:]]


def picture(value):
    return np.full((224, 224), round(value * 65535), np.uint16)


@pytest.fixture(scope="module")
def held_out():
    """Ten patients of a clinic, told apart but for one with a hundred copies; the web is all fractured."""
    examples, pictures = [], []
    for n in range(10):
        copies = 100 if n == 0 else 1
        for copy in range(copies):
            examples.append(Example(Path(), f"{n}-{copy}", n % 2, f"s{n}", f"p{n}", "clinic"))
            pictures.append(picture(0.9 if n == 0 else 0.2 + 0.5 * (n % 2) + n / 100))
    for n in range(10, 20):
        examples.append(Example(Path(), f"{n}", 1, f"s{n}", f"p{n}", "web"))
        pictures.append(picture(0.95))
    return examples, np.stack(pictures)


def test_each_source_has_one_vote_however_often_it_is_copied(held_out):
    found = evaluate(Brightness(), *held_out)

    clinic = found.within[0]
    assert (clinic.name, clinic.sources, clinic.fractured, clinic.patients, clinic.files) == (
        "clinic",
        10,
        5,
        10,
        109,
    )
    assert clinic.auroc.value == pytest.approx(20 / 25)


def test_the_mean_within_leaves_out_a_provenance_of_one_label(held_out):
    found = evaluate(Brightness(), *held_out)

    assert found.mean_within.value == pytest.approx(20 / 25)
    assert found.pooled.auroc.value > found.mean_within.value
    assert np.isnan(found.within[1].auroc.value)


def test_without_its_centre_nothing_is_told_apart(held_out):
    found = evaluate(Brightness(), *held_out)

    assert found.without_centre[0].auroc.value == pytest.approx(0.5)


def test_decisions_are_counted_in_votes(held_out):
    found = evaluate(Brightness(), *held_out)

    assert found.decisions["not_fractured"]["fractured"] == pytest.approx(1.0)
    assert found.decisions["not_fractured"]["not_fractured"] == pytest.approx(4.0)
    assert found.decisions["fractured"]["fractured"] == pytest.approx(15.0)


def test_the_pictures_are_left_alone(held_out):
    before = held_out[1].copy()

    evaluate(Brightness(), *held_out)

    np.testing.assert_array_equal(before, held_out[1])


def test_an_output_that_is_not_finite_is_no_figure(held_out):
    with pytest.raises(BadNetworkOutput, match="not finite"):
        evaluate(Broken(), *held_out)


def test_plain_figures_are_json(held_out):
    plain = evaluate(Brightness(), *held_out).as_plain()

    assert plain["within"][1]["auroc"]["value"] is None
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
