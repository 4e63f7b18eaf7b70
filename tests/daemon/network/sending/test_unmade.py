from daemon.network.sending.unmade import Unmade
from daemon.network.sending.wishes import unmade


def test_it_is_tried_less_and_less_often_and_in_the_end_left_to_a_person(outbox):
    """Break it: try without an end. A file that no child can decode then costs one, for ever."""
    made, now, waits = Unmade(outbox), 0.0, []
    made.note("a", "why", now)
    while len(waits) < 100 and now < 1e6:
        begins = now
        while not made.due(now) and now < 1e6:
            now += 30.0
        if made.due(now):
            waits.append(now - begins)
            made.note("a", "why", now)
    assert waits == [60, 240, 960, 3840, 15360]
    assert unmade(outbox) == {"a": "why"}
    made.forget("a")
    assert unmade(outbox) == {}


def test_a_new_process_tries_what_was_left(outbox):
    Unmade(outbox).note("a", "why", 0.0)
    again = Unmade(outbox)
    assert again.due(0.0) == []
    assert again.due(61.0) == ["a"]
