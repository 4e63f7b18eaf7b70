import pytest

from daemon.cli.fitting_clock import FittingClock, in_words
from model.lab.training.schedule import Schedule
from model.lab.training.train_settings import Progress


class Watch:
    """A clock that is set by hand."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def watch():
    return Watch()


def fit(step, total=100, **facts):
    return Progress("fit", step, total, facts)


def test_time_left_counts_the_fittings_that_follow(watch):
    clock = FittingClock(3, float, watch)
    assert clock.seconds_left(fit(0)) is None
    watch.seconds = 10.0
    assert clock.seconds_left(fit(50)) == pytest.approx(10.0 + 2 * 20.0)
    assert clock.name == "fit 1 of 3"
    clock.seconds_left(Progress("fold", 1, 2, {}))
    watch.seconds = 500.0  # what lies between fittings is no step
    assert clock.seconds_left(fit(0)) == pytest.approx(2 * 20.0)
    assert clock.name == "fit 2 of 3"


def test_steps_of_small_pictures_are_less_work(watch):
    clock = FittingClock(1, Schedule(224, 100, 50).work_until, watch)
    clock.seconds_left(fit(0))
    watch.seconds = 51.0
    assert clock.seconds_left(fit(50)) == pytest.approx(100.0, rel=0.02)
    assert clock.name == "fit"


def test_a_fold_that_was_done_before_counts(watch):
    clock = FittingClock(3, float, watch)
    clock.seconds_left(Progress("fold", 1, 2, {}))
    clock.seconds_left(fit(40))
    watch.seconds = 6.0
    assert clock.seconds_left(fit(100)) == pytest.approx(10.0)


def test_other_stages_have_no_time(watch):
    clock = FittingClock(1, float, watch)
    assert clock.seconds_left(Progress("prepare", 5, 10, {})) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(10, "less than a minute"), (2580, "about 43 min"), (5940, "about 99 min"), (7200, "about 2.0 h")],
)
def test_a_length_of_time_is_said_as_people_do(seconds, words):
    assert in_words(seconds) == words
