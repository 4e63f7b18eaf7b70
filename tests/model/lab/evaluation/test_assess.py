import json
from dataclasses import replace

import numpy as np
import pytest

from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.assess import assess, in_one_order
from model.lab.evaluation.picture_facts import PictureFacts
from tests.support.scored import drawn, example, scored


def test_every_picture_counts_the_abstained_too():
    """Ten sources; the one that is abstained has the worst order, and spoils the AUROC."""
    examples = [example(str(index), index % 2) for index in range(10)]
    logits = np.where(np.arange(10) % 2, 2.0, -2.0)
    logits[9] = -9.0
    found = assess({0: scored(examples, logits, distances=[1.0] * 9 + [9.0])}, draws=20)

    assert found.pooled.figures["auroc"].value == pytest.approx(20 / 25)
    assert found.pooled.figures["abstained"].value == pytest.approx(0.1)
    assert found.decisions["fractured"] == pytest.approx(
        {"fractured": 4, "uncertain": 0, "abstained": 1, "not_fractured": 0}
    )


def test_a_source_of_a_hundred_copies_has_one_vote():
    copies = [example(f"copy{index}", 0, source="much", patient="p") for index in range(100)]
    others = [example(str(index), index % 2) for index in range(10)]
    table = scored([*copies, *others], [3.0] * 100 + [2.0, 4.0] * 5)

    found = assess({0: table}, draws=20)

    assert (found.pooled.sources, found.pooled.fractured, found.pooled.patients, found.pooled.files) == (
        11,
        5,
        11,
        110,
    )
    assert found.pooled.figures["auroc"].value == 1.0
    assert found.pooled.figures["accuracy"].value == pytest.approx(5 / 11)
    assert found.one_file["auroc"].value == 1.0


def test_groups_by_provenance_region_and_size():
    table = drawn(60, provenances=("clinic", "web"), shares=(0.7, 0.3))
    facts = {
        example.sha256: PictureFacts("wrist" if index < 20 else "foot", "up to 512")
        for index, example in enumerate(table.examples)
    }

    found = assess({0: table}, facts=facts, draws=30)

    named = {(group.by, group.name): group for group in found.groups}
    assert ("all", "all") in named
    assert {("provenance", "clinic"), ("provenance", "web"), ("region", "wrist"), ("region", "foot")} < set(
        named
    )
    assert not [by for by, _ in named if by == "size"]  # a kind with one group says nothing new
    assert named["region", "wrist"].sources == 20
    alone = assess({0: table.take(range(20))}, draws=30)
    assert named["region", "wrist"].figures["auroc"].value == alone.pooled.figures["auroc"].value
    assert named["provenance", "clinic"].sources + named["provenance", "web"].sources == 60


def test_seeds_give_a_mean_and_each_its_own():
    tables = {seed: replace(drawn(60, seed), examples=drawn(60).examples) for seed in (3, 5, 8)}

    found = assess(tables, draws=30)
    alone = [assess({seed: table}, draws=30).pooled.figures["auroc"] for seed, table in tables.items()]

    pooled = found.pooled.figures["auroc"]
    assert found.seeds == (3, 5, 8)
    assert pooled.seeds == tuple(one.value for one in alone)
    assert pooled.value == pytest.approx(np.mean(pooled.seeds))
    assert alone[0].seeds == ()
    assert pooled.high - pooled.low < max(one.high - one.low for one in alone)


def test_the_worst_mistakes_come_first_and_right_answers_not_at_all():
    examples = [example(name, label) for name, label in (("a", 1), ("b", 0), ("c", 1), ("d", 0), ("e", 1))]

    found = assess({0: scored(examples, [-3.0, 1.0, 2.0, -2.0, -1.0])}, draws=5).mistakes

    assert [mistake.sha256[-1] for mistake in found] == ["a", "b", "e"]
    assert (found[0].label, found[0].decision) == ("fractured", "not_fractured")
    assert found[0].score == pytest.approx(1 / (1 + np.exp(3.0)))


def test_provenances_can_be_named_and_must_be_there():
    table = drawn(80, provenances=("clinic", "other"))

    assert assess({0: table}, draws=5).within == ("clinic",)
    assert assess({0: table}, within=["other", "clinic"], draws=5).within == ("clinic", "other")
    with pytest.raises(DatasetError, match="no picture has the provenance ward; there are: clinic, other"):
        assess({0: table}, within=["ward"], draws=5)


def test_tables_of_other_pictures_do_not_stand_side_by_side():
    with pytest.raises(DatasetError, match="different pictures"):
        assess({0: drawn(20), 1: drawn(20, seed=1)}, draws=5)
    table = drawn(4)
    with pytest.raises(DatasetError, match="different pictures"):
        in_one_order([table.take([0, 1, 1, 2])])


def test_the_same_seed_gives_the_same_figures_and_json_takes_them():
    table = drawn(30, provenances=("clinic", "web"))

    first, second = (assess({0: table}, draws=40, seed=6).as_plain() for _ in range(2))

    assert first == second
    assert first != assess({0: table}, draws=40, seed=7).as_plain()
    assert json.loads(json.dumps(first, allow_nan=False)) == first


def test_pictures_of_one_label_have_the_figures_that_exist():
    found = assess({0: scored([example("a", 0), example("b", 0)], [-1.0, 1.0])}, draws=5)

    assert found.pooled.figures["specificity"].value == 0.5
    assert np.isnan(found.pooled.figures["auroc"].value)
    assert np.isnan(found.perfect_ece["p95"])
