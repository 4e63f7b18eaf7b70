import pytest

from model.lab.evaluation.markdown import number, percent, spread, table, with_interval


def test_a_cell_cannot_break_its_table():
    assert table(("a", "b"), [("x|y", "1")]).splitlines() == ["| a | b |", "| --- | --- |", "| x/y | 1 |"]


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ({"value": 0.9123, "low": 0.88, "high": 0.9414}, "0.912 (0.880 to 0.941)"),
        ({"value": 0.9123, "low": None, "high": None}, "0.912"),
        ({"value": None, "low": None, "high": None}, "-"),
    ],
)
def test_a_figure_comes_with_its_interval_if_it_has_one(figure, text):
    assert text == with_interval(figure)


def test_what_is_not_there_is_a_dash():
    assert (number(None), percent(None)) == ("-", "-")
    assert (number(1.0, 1), percent(0.1234)) == ("1.0", "12.3 %")


@pytest.mark.parametrize(("seeds", "text"), [([0.5, None, 0.25], "0.250 to 0.500"), ([], "-"), ([None], "-")])
def test_the_spread_is_over_the_seeds_that_have_a_figure(seeds, text):
    assert text == spread({"seeds": seeds})
