from collections import Counter

from model.lab.training.sampler import source_shares
from model.lab.training.variations import Variation, draw_variation, plan_digest, plan_variations
from tests.support.labelled import labelled

EXAMPLES, INPUTS = labelled(6, 0, copies=5)


def test_the_files_of_a_source_take_turns():
    planned = plan_variations(EXAMPLES, source_shares(EXAMPLES), 60)

    by_source = Counter(EXAMPLES[one.row].source for one in planned)
    assert set(by_source.values()) == {10}
    copied = [one for one in planned if EXAMPLES[one.row].source == "s0"]
    assert [Variation(row, epoch) for epoch in (0, 1) for row in range(5)] == copied


def test_small_data_have_fewer_variations_and_each_source_has_one():
    shares = source_shares(EXAMPLES)

    assert len(plan_variations(EXAMPLES, shares, 1_000_000)) == 6 * 200
    assert len(plan_variations(EXAMPLES, shares, 1)) == 6


def test_sources_that_are_drawn_more_get_more():
    shares = {source: 0.5 if source == "s1" else 0.1 for source in source_shares(EXAMPLES)}

    by_source = Counter(EXAMPLES[one.row].source for one in plan_variations(EXAMPLES, shares, 100))

    assert by_source["s1"] == 5 * by_source["s2"] == 50


def test_a_variation_depends_on_seed_epoch_and_hash_alone():
    def drawn(sha256="ab" * 32, epoch=0, seed=0):
        return draw_variation(INPUTS[1], sha256, epoch, seed).tobytes()

    assert drawn() == drawn()
    assert len({drawn(), drawn(epoch=1), drawn(seed=1), drawn(sha256="ac" * 32)}) == 4


def test_the_digest_tells_plans_apart():
    planned = plan_variations(EXAMPLES, source_shares(EXAMPLES), 60)

    assert plan_digest(EXAMPLES, planned) == plan_digest(EXAMPLES, list(planned))
    assert plan_digest(EXAMPLES, planned) != plan_digest(EXAMPLES, planned[:-1])
