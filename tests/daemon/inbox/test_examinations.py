from concurrent.futures import Future
from types import SimpleNamespace

from daemon.inbox.examinations import Examinations


def test_what_ended_is_taken_in_the_order_of_its_end_and_wakes_the_loop():
    futures, woken = {}, []
    pool = SimpleNamespace(examine=lambda path: futures.setdefault(path, Future()))
    examinations = Examinations(pool, lambda: woken.append(True))
    for name in (b"a", b"b", b"c"):
        examinations.begin(name, b"/inbox/" + name)

    assert list(examinations.take()) == []
    futures[b"/inbox/b"].set_result(None)
    futures[b"/inbox/a"].cancel()

    assert len(woken) == 2
    assert [(source, future.cancelled()) for source, future in examinations.take()] == [
        (b"b", False),
        (b"a", True),
    ]
    assert list(examinations.take()) == []
