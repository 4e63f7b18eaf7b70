import pytest

from model.lab.training.budget import plan_within
from model.lab.training.schedule import Schedule

RECIPE = Schedule(224, 1600, 700)
HOUR = 3600.0


@pytest.mark.parametrize("hours", [0.5, 1, 2, 5])
def test_a_plan_keeps_to_the_time(hours):
    plan = plan_within(hours * HOUR, 0.8, RECIPE)
    assert plan.seconds <= hours * HOUR
    assert plan.small_steps / plan.steps == pytest.approx(700 / 1600, abs=0.02)


def test_more_time_gives_more_steps_and_never_fewer_folds():
    plans = [plan_within(minutes * 60.0, 0.8, RECIPE) for minutes in range(5, 400, 5)]
    assert [one.folds for one in plans] == sorted(one.folds for one in plans)
    assert {one.folds for one in plans} == {3, 4, 5}
    assert plans[-1].steps == 1600


def test_with_all_the_time_it_is_the_recipe():
    plan = plan_within(100 * HOUR, 0.8, RECIPE)
    assert (plan.folds, plan.steps, plan.small_steps) == (5, 1600, 700)
    assert plan.seconds < 10 * HOUR


def test_too_little_time_gives_the_shortest_and_says_how_long_that_is():
    plan = plan_within(30.0, 0.8, RECIPE)
    assert (plan.folds, plan.steps) == (3, 50)
    assert plan.seconds > 30.0


def test_a_shorter_plan_has_the_same_share_of_close_ups():
    recipe = Schedule(224, 1600, 200, close_up_steps=600)
    plan = plan_within(HOUR / 2, 0.8, recipe)
    assert plan.steps < 600
    assert (plan.close_up_steps / plan.steps, plan.small_steps / plan.steps) == pytest.approx(
        (600 / 1600, 200 / 1600), abs=0.02
    )
    assert plan_within(HOUR, 0.8, RECIPE).close_up_steps == 0
