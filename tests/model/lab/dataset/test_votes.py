from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.lab.dataset.examples import Example
from model.lab.dataset.votes import balanced_votes, provenance_votes, source_votes


def example(number, label, source=None, provenance="web"):
    source = source or f"s{number}"
    return Example(Path(), f"{number:064x}", label, source, source, provenance)


def test_a_source_has_one_vote_however_many_copies_there_are():
    examples = [example(1, 1, "a"), example(2, 1, "a"), example(3, 1, "a"), example(4, 0, "b")]
    assert source_votes(examples).tolist() == pytest.approx([1 / 3] * 3 + [1.0])


def test_each_provenance_weighs_the_same_and_a_source_of_it_has_one_vote():
    examples = [example(n, 0, provenance="atlas") for n in range(9)]
    examples += [example(10, 0, "w", "web"), example(11, 0, "w", "web"), example(12, 0, "v", "web")]
    weights = provenance_votes(examples, 2)
    assert weights.sum() == pytest.approx(11)
    assert weights[:9].sum() == pytest.approx(weights[9:].sum())
    assert weights[9] + weights[10] == pytest.approx(weights[11])


@pytest.mark.parametrize(("sources", "share"), [(1, 1 / 41), (20, 1 / 3), (40, 1 / 2), (80, 1 / 2)])
def test_a_provenance_of_a_handful_weighs_by_its_number(sources, share):
    """Break it: let each weigh the same. One picture of a collection of one weighs as thousands."""
    examples = [example(n, 0, provenance="atlas") for n in range(2000)]
    examples += [example(n, 0, provenance="web") for n in range(2000, 2000 + sources)]
    weights = provenance_votes(examples)
    assert weights.sum() == pytest.approx(2000 + sources)
    assert weights[2000:].sum() / weights.sum() == pytest.approx(share)


def test_within_a_provenance_both_labels_weigh_the_same():
    examples = [example(n, int(n >= 12)) for n in range(16)]
    weights = balanced_votes(examples)
    labels = np.array([one.label for one in examples])
    assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())


def test_a_handful_is_not_learnt_by_heart():
    examples = [example(n, 0) for n in range(1000)] + [example(1000, 1)]
    weights = balanced_votes(examples)
    assert weights[-1] < 10 * weights[0]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9), st.sampled_from("ab")), min_size=1, max_size=40)
)
def test_they_sum_to_the_number_of_sources(rows):
    examples = [
        example(n, label, f"{label}{source}{name}", name) for n, (label, source, name) in enumerate(rows)
    ]
    sources = {one.source for one in examples}
    assert balanced_votes(examples).sum() == pytest.approx(len(sources))
    assert (balanced_votes(examples) > 0).all()
