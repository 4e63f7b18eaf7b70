import pytest

from daemon.checks.drift_groups import ALL, grouped
from storage.observed import Observed


def scan(number, modality="DX", device="a1", picture=None, decision="fractured"):
    return Observed(
        scan_id=str(number),
        decision=decision,
        modality=modality,
        device=device,
        score=number / 10,
        picture=picture,
    )


def test_each_scan_is_in_two_groups_and_the_latest_is_the_example():
    groups = grouped(one for one in (scan(1), scan(2, device=None), scan(3)))
    assert {key: group.decisions.total() for key, group in groups.items()} == {
        (ALL, ALL): 3,
        ("DX", "a1"): 2,
        ("DX", "none"): 1,
    }
    assert groups["DX", "a1"].example == "3"
    assert list(groups[ALL, ALL].values["score"]) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("modality", [None, "", "Doe^Jane", "1.2.3.4", "dx"])
def test_what_is_no_modality_names_no_group(modality):
    groups = grouped(one for one in [scan(1, modality=modality)])
    assert set(groups) == {(ALL, ALL), ("none", "a1")}


def test_measures_that_a_row_does_not_have_are_left_out():
    groups = grouped(one for one in (scan(1), scan(2, picture={"brightness": 0.5, "of_another_day": 1.0})))
    assert list(groups[ALL, ALL].values["brightness"]) == [0.5]
    assert not groups[ALL, ALL].values["contrast"]


def test_the_scans_are_closed_whatever_comes_of_them():
    """An open one keeps its connection to the database."""
    closed = []

    def scans():
        try:
            yield object()
        finally:
            closed.append(True)

    source = scans()
    with pytest.raises(AttributeError):
        grouped(source)
    assert closed == [True]
