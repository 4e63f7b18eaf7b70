import math
from pathlib import Path

import numpy as np
import pytest

from model.lab.dataset.examples import Example
from model.lab.reproduction.figures import (
    auroc_interval,
    figures_of,
    of_provenance,
    sources_of,
    wilson,
    within_auroc_interval,
)

metrics = pytest.importorskip("sklearn.metrics", reason='needs the extra "train"')


def example(number, label, provenance="clinic", source=None):
    name = source or f"s{number}"
    return Example(Path(), f"{number:03}", label, name, f"p{name}", provenance)


def test_wilson_is_the_interval_of_the_books():
    """Newcombe 1998, Statistics in Medicine 17(8), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    expected = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611)}
    expected[1, 29] = (0.0061, 0.1718)
    for (hits, count), bounds in expected.items():
        given = wilson(hits, count)
        assert (given.low, given.high) == pytest.approx(bounds, abs=5e-5)
        assert given.value == hits / count
    assert math.isnan(wilson(0, 0).value)


def test_figures_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    labels = (rng.random(200) < 0.7).astype(np.int64)
    evidence = rng.normal(labels - 0.4)
    shown = (evidence > 0).astype(int)

    given = figures_of(labels, evidence)

    precision, recall, f1, _ = metrics.precision_recall_fscore_support(labels, shown, average="binary")
    macro = metrics.precision_recall_fscore_support(labels, shown, average="macro")
    assert (given.precision, given.recall.value, given.f1) == pytest.approx((precision, recall, f1))
    assert (given.macro_precision, given.macro_recall, given.macro_f1) == pytest.approx(macro[:3])
    assert given.accuracy.value == pytest.approx(metrics.accuracy_score(labels, shown))
    assert given.specificity.value == pytest.approx(metrics.recall_score(labels, shown, pos_label=0))


def test_of_one_class_only_its_own_figures_are_said():
    given = figures_of(np.ones(7, np.int64), np.array([1.0, 1, 1, 1, 1, -1, -1]))
    assert given.recall.value == pytest.approx(5 / 7)
    assert math.isnan(given.specificity.value)
    assert math.isnan(given.macro_recall)


def test_a_source_has_one_vote_however_many_copies_it_has():
    examples = [example(n, 1, source="copied") for n in range(9)] + [example(9, 0)]
    sources = sources_of(examples, np.array([3.0] * 8 + [-6.0, -1.0]))

    assert sources.names == ("copied", "s9")
    assert sources.logits == pytest.approx([(8 * 3 - 6) / 9, -1])
    assert figures_of(sources.labels, sources.logits).counts.total == 2


def test_within_compares_no_pair_of_two_origins_and_none_of_mixed_origin():
    """Style separates the provenances, and tells the labels apart where origins are mixed; bone is missed."""
    examples, evidence = [], []
    for number in range(40):
        label = number % 2
        provenance = ("film", "screen", "other")[number % 3]
        style = {"film": 10.0, "screen": -10.0, "other": 20.0 * label}[provenance]
        examples.append(example(number, label, provenance))
        evidence.append(style)  # within film and within screen all pictures tie
    sources = sources_of(examples, np.array(evidence))

    assert within_auroc_interval(sources, 0).value == 0.5
    assert auroc_interval(sources, 0).value > 0.6
    assert auroc_interval(of_provenance(sources, "other"), 0).value == 1.0
    assert math.isnan(within_auroc_interval(of_provenance(sources, "other"), 0).value)
