from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.decisions.decision import Decision
from model.lab.dataset.examples import Example
from model.lab.evaluation.nested import Aims, draw_lines, score_nested, usual_distance

AIMS = Aims()


def example(number, source, label):
    return Example(Path(), f"{number:064x}", label, source, source, "clinic")


@pytest.fixture
def held_out():
    """Logits that overlap, distances about 1, five folds; a source of each label has 50 copies."""
    rng = np.random.default_rng(0)
    examples = [example(n, f"s{n}", n % 2) for n in range(400)]
    examples += [example(1000 + n, f"s{n % 2}", n % 2) for n in range(100)]
    labels = np.array([one.label for one in examples])
    logits = rng.normal(2.0 * labels - 1.0, 1.0)
    folds = tuple(int(one.source[1:]) % 5 for one in examples)
    return logits, rng.uniform(0.5, 1.5, len(examples)), examples, folds


def test_lines_keep_their_promise_with_one_vote_a_source(held_out):
    logits, distances, examples, _ = held_out
    logits[400:] = 0.0  # the copies agree about nothing, and have two votes of 400

    calibration, thresholds = draw_lines(logits, distances, examples, AIMS)

    single = np.array([calibration.score(float(logit)) for logit in logits[2:400]])
    labels = np.arange(2, 400) % 2
    assert calibration.prevalence == 0.5
    assert np.mean(single[labels == 1] >= thresholds.rule_out) == pytest.approx(0.95, abs=0.01)
    assert np.mean(single[labels == 0] < thresholds.rule_in) == pytest.approx(0.95, abs=0.01)


def test_a_share_of_the_sources_is_strange():
    distances, examples = np.arange(1.0, 101.0), [example(n, f"s{n}", 0) for n in range(100)]

    assert usual_distance(distances, examples, 0.02) == 98.0
    assert usual_distance(distances, examples, 0.0) == 100.0
    copies = [example(n, "s0" if n < 50 else f"s{n}", 0) for n in range(100)]
    assert usual_distance(distances, copies, 0.02) == 99.0


def test_no_provenance_is_strange_as_a_whole():
    """Break it: draw the line over all. Bones of a small collection are called strange."""
    large = [example(n, f"s{n}", 0) for n in range(1000)]
    small = [replace(example(n, f"w{n}", 0), provenance="web") for n in range(2000, 2025)]
    distances = np.concatenate([np.linspace(0.0, 1.0, 1000), np.linspace(2.0, 3.0, 25)])

    bound = usual_distance(distances, large + small, 0.04)

    assert np.mean(distances[1000:] > bound) == pytest.approx(0.08)


@pytest.mark.parametrize("share", [0.01, 0.025])
@pytest.mark.parametrize("sources", [1, 5, 19, 40])
def test_no_single_source_sets_the_bound(sources, share):
    """Break it: let each provenance weigh the same, whatever its size. The bound is 50 then."""
    ordinary = [example(n, f"s{n}", 0) for n in range(2000)]
    few = [replace(example(n, f"w{n}", 0), provenance="web") for n in range(2000, 2000 + sources)]
    distances = np.concatenate([np.linspace(0.0, 1.0, 2000), np.linspace(0.0, 0.5, sources)])
    distances[-1] = 50.0
    assert usual_distance(distances, ordinary + few, share) <= 1.0


@pytest.mark.parametrize("sources", [5, 19, 40])
def test_a_few_that_lie_far_together_are_not_strange_as_a_whole(sources):
    ordinary = [example(n, f"s{n}", 0) for n in range(2000)]
    few = [replace(example(n, f"w{n}", 0), provenance="web") for n in range(2000, 2000 + sources)]
    distances = np.concatenate([np.linspace(0.0, 1.0, 2000), np.linspace(2.0, 3.0, sources)])
    assert np.sum(distances[2000:] > usual_distance(distances, ordinary + few, 0.025)) <= 2


def test_each_picture_is_scored_without_its_fold(held_out):
    logits, distances, examples, folds = held_out
    before = score_nested(logits, distances, examples, folds, AIMS)
    mine = np.array(folds) == 3
    shifted = np.where(mine, logits + 5.0, logits)
    flipped = [
        replace(one, label=1 - one.label) if own else one for one, own in zip(examples, mine, strict=True)
    ]

    after = score_nested(np.where(mine, shifted, logits), distances, examples, folds, AIMS)
    relabelled = score_nested(logits, distances, flipped, folds, AIMS)

    assert (after.scores[mine] > before.scores[mine]).all()
    np.testing.assert_array_equal(before.scores[mine], relabelled.scores[mine])
    assert [d for d, own in zip(before.decisions, mine, strict=True) if own] == [
        d for d, own in zip(relabelled.decisions, mine, strict=True) if own
    ]
    assert (before.scores[~mine] != relabelled.scores[~mine]).all()


def test_all_four_decisions_are_made(held_out):
    scored = score_nested(*held_out, AIMS)

    assert set(scored.decisions) == set(Decision)
    assert scored.examples == tuple(held_out[2])
