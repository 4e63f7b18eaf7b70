import pytest

from daemon.network.studies.quiet import NOTHING, Arriving, Quiet


@pytest.mark.parametrize(
    ("arriving", "quiet_at"),
    [
        (NOTHING, 60),
        (Arriving(ended_at=20.0), 80),
        (Arriving(ended_at=1e9), 1e9),
        (Arriving(is_open=True), 600),
        (Arriving(waiting=("1.2.3",)), 600),
        (Arriving(is_open=True, ended_at=590.0), 600),
    ],
)
def test_a_study_is_quiet_after_its_last_answer_and_the_end_of_what_brought_it(arriving, quiet_at):
    """Break it: leave the associations out. A study is reported while its scans come in."""
    rule = Quiet(60.0, 600.0)
    if quiet_at < 1e9:
        assert not rule.is_quiet(0.0, arriving, quiet_at - 0.1)
        assert rule.is_quiet(0.0, arriving, quiet_at)
    else:  # a clock elsewhere that is ahead holds nothing up for ever
        assert rule.is_quiet(0.0, arriving, 60.0) is False


def test_the_wait_for_what_comes_is_not_below_that_for_quiet():
    assert not Quiet(60.0, 0.0).is_quiet(0.0, Arriving(is_open=True), 59.0)
    assert Quiet(60.0, 0.0).is_quiet(0.0, Arriving(is_open=True), 60.0)
