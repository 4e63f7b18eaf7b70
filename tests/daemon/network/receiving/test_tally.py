import threading

from daemon.network.receiving.tally import Tally


def test_nothing_is_lost_between_threads():
    tally = Tally()

    def count():
        for _ in range(1000):
            tally.answered(0)
            tally.answered(0xA700)
            tally.took(3)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = tally.counted()
    assert (counted.stored, counted.refused, counted.received_bytes) == (4000, {"A700": 4000}, 12_000)
