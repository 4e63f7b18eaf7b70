from daemon.backfill.pace import ALL_DAY, Hours
from daemon.backfill.tally import Tally


def test_the_time_that_is_left_is_that_of_the_last_minutes_and_of_its_hours():
    now = [0.0]
    made = [Tally(1000, {"answered": 100}, hours, lambda: now[0]) for hours in (ALL_DAY, Hours(19, 7))]
    assert made[0].described()["left_s"] is None
    for _ in range(20):
        now[0] += 5
        for one in made:
            one.ends["answered"] += 10
            one.look()
    assert [one.described()["left_s"] for one in made] == [350, 700]
    assert (made[0].done, made[0].described()["files_a_second"]) == (300, 2.0)


def test_a_rate_of_an_hour_ago_says_nothing_of_now():
    now = [0.0]
    tally = Tally(10_000, {}, ALL_DAY, lambda: now[0])
    for rate in (100, 1):
        for _ in range(100):
            now[0] += 5
            tally.ends["known"] += 5 * rate
            tally.look()
    assert tally.rate < 1.1
