from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.lab.dataset.examples import Example
from model.lab.training.sampler import VariationSampler, cell_shares, few_per_source, source_shares
from model.lab.training.variations import plan_variations
from tests.support.labelled import labelled

WEB = {
    ("web", 1): 254,
    ("web", 0): 12,
    ("clinic", 1): 33,
    ("clinic", 0): 35,
    ("copies", 1): 21,
    ("copies", 0): 46,
}


def examples_of(counts):
    examples = []
    for (provenance, label), count in counts.items():
        for n in range(count):
            name = f"{provenance}{label}{n}"
            sha256 = f"{len(examples):064x}"
            examples.append(Example(Path(), sha256, label, name, name, provenance))
    return examples


def test_labels_are_even_within_each_provenance():
    shares = cell_shares(WEB)

    assert sum(shares.values()) == pytest.approx(1.0)
    for name in ("web", "clinic", "copies"):
        assert shares[name, 0] == pytest.approx(shares[name, 1])
    assert shares["clinic", 0] == pytest.approx(shares["copies", 0])


def test_no_source_is_drawn_more_than_a_few_times_its_share():
    shares = cell_shares(WEB)

    times = {cell: shares[cell] / count * sum(WEB.values()) for cell, count in WEB.items()}
    assert max(times.values()) <= 4.0 + 1e-9
    assert times["web", 0] == pytest.approx(4.0)


def test_the_web_has_at_most_a_third_of_a_batch():
    shares = cell_shares({("web", 1): 500, ("clinic", 1): 10, ("clinic", 0): 10})

    assert shares["web", 1] <= 1.0 / 3.0 / (1.0 / 3.0 + 8 * 10 / 520) + 1e-9


def test_one_provenance_is_drawn_by_label_alone():
    assert cell_shares({("unknown", 0): 30, ("unknown", 1): 50}) == {("unknown", 0): 0.5, ("unknown", 1): 0.5}


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.integers(0, 1)), st.integers(1, 300), min_size=1, max_size=6
    )
)
def test_shares_are_shares_whatever_the_data(counts):
    shares = cell_shares(counts)

    assert set(shares) == set(counts)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) >= 0.0


def test_sources_of_a_cell_are_alike_however_often_they_are_copied():
    examples, _ = labelled(6, 0, copies=30)

    assert source_shares(examples) == {f"s{n}": pytest.approx(1.0 / 6.0) for n in range(6)}


@pytest.fixture
def sampler():
    examples = examples_of(WEB)
    planned = plan_variations(examples, source_shares(examples), 2000)
    rows = [row for row in range(len(examples)) if row % 5]
    shares = source_shares([examples[row] for row in rows])
    return examples, planned, VariationSampler(examples, planned, rows, shares, seed=4)


def test_a_step_depends_on_seed_and_step_alone(sampler):
    *_, drawn = sampler

    np.testing.assert_array_equal(drawn.draw(9, 32), drawn.draw(9, 32))
    assert drawn.draw(9, 32).tolist() != drawn.draw(10, 32).tolist()


def test_each_batch_has_the_cells_in_their_shares_and_nothing_held_out(sampler):
    examples, planned, drawn = sampler
    shares = cell_shares(Counter((e.provenance, e.label) for row, e in enumerate(examples) if row % 5))

    for step in range(20):
        rows = [planned[number].row for number in drawn.draw(step, 32)]
        assert all(row % 5 for row in rows)
        found = Counter((examples[row].provenance, examples[row].label) for row in rows)
        for cell, share in shares.items():
            assert abs(found[cell] - 32 * share) < 1.0 + 1e-9


def test_over_the_steps_all_sources_of_a_cell_come_alike(sampler):
    examples, planned, drawn = sampler

    counts = Counter(
        examples[planned[number].row].source for step in range(400) for number in drawn.draw(step, 32)
    )

    own = [count for source, count in counts.items() if source.startswith("copies1")]
    assert len(own) == len(
        [row for row, e in enumerate(examples) if row % 5 and e.source.startswith("copies1")]
    )
    assert max(own) < 1.4 * min(own)


def test_few_per_source_keeps_every_source():
    examples, _ = labelled(4, 0, copies=50)

    kept = few_per_source(examples, 4)

    assert len(kept) == 7
    assert {"s0", "s1", "s2", "s3"} == {examples[row].source for row in kept}
