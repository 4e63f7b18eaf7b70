import json

import pytest

from model.drift.appearance import PICTURE_MEASURES
from model.drift.reference import MEASURES, make_reference, read_reference
from model.release import find_release, open_release


def sample():
    labels = ["fractured"] * 30 + ["not_fractured"] * 10
    decisions = ["fractured"] * 24 + ["abstained"] * 6 + ["not_fractured"] * 10
    scores = [0.9] * 30 + [number / 20 for number in range(10)]
    pictures = [dict.fromkeys(PICTURE_MEASURES, number / 40) for number in range(40)]
    return labels, decisions, scores, pictures


def test_what_a_manifest_holds_is_read_as_it_was_made():
    made = make_reference(*sample())
    assert read_reference(json.loads(json.dumps({"reference": made.as_plain()}))) == made
    assert tuple(made.spreads) == MEASURES


def test_rates_and_shares_follow_the_prevalence():
    made = make_reference(*sample())
    assert made.rate("fractured", 1.0) == pytest.approx(0.8)
    assert made.rate("fractured", 0.25) == pytest.approx(0.2)
    assert made.rate("abstained", 0.5) == pytest.approx(0.1)
    assert made.mean("score", 1.0) == pytest.approx(0.9)
    assert sum(made.shares("score", 0.3)) == pytest.approx(1)
    assert (made.size(1.0), made.size(0.0)) == (pytest.approx(30), pytest.approx(10))


def test_scans_of_one_label_are_no_reference():
    labels, *others = sample()
    with pytest.raises(ValueError, match="both labels"):
        make_reference(["fractured"] * len(labels), *others)


@pytest.mark.parametrize("missing", ["sizes", "decisions", "spreads"])
def test_a_manifest_without_a_part_of_it_is_malformed(missing):
    whole = make_reference(*sample()).as_plain()
    with pytest.raises(KeyError):
        read_reference({})
    with pytest.raises(KeyError):
        read_reference({"reference": {name: part for name, part in whole.items() if name != missing}})
    with pytest.raises(KeyError):
        read_reference({"reference": whole | {"spreads": {}}})


def test_the_shipped_release_has_one():
    reported = open_release(find_release()).reference
    assert 0 < reported.rate("abstained", 0.5) < 0.2
    assert 0 < reported.rate("fractured", 0.5) < 1
