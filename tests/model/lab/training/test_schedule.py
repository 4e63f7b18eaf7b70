from model.lab.training.schedule import Schedule, square_size


def test_small_pictures_come_first():
    schedule = Schedule(224, 10, 4)

    assert schedule.sizes == (160, 224)
    assert [schedule.size_at(step) for step in range(10)] == [160] * 4 + [224] * 6
    assert square_size(224) == 256


def test_without_small_steps_there_is_one_size():
    assert Schedule(448, 10, 0).sizes == (448,)


def test_close_ups_come_before_small_pictures():
    schedule = Schedule(384, 10, 2, 4)

    assert schedule.sizes == (192, 288, 384)
    assert [schedule.size_at(step) for step in range(10)] == [192] * 4 + [288] * 2 + [384] * 4
    assert [schedule.shows_close_ups(step) for step in range(6)] == [True] * 4 + [False] * 2
    assert Schedule(384, 10, 0, 4).sizes == (192, 384)


def test_work_grows_with_the_pixels():
    schedule = Schedule(384, 10, 2, 4)

    work = [schedule.work_until(step) for step in (0, 4, 5, 10)]
    assert work == [0.0, 1.0, 1.0 + (288 / 384) ** 2, 1.0 + 2 * (288 / 384) ** 2 + 4]


def test_sizes_are_multiples_of_32():
    assert Schedule(64, 10, 4).sizes == (32, 64)
    assert Schedule(32, 10, 4).sizes == (32, 32)
