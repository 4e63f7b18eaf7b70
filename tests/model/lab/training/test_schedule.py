from model.lab.training.schedule import Schedule, square_size


def test_small_pictures_come_first():
    schedule = Schedule(224, 10, 4)

    assert schedule.sizes == (160, 224)
    assert [schedule.size_at(step) for step in range(10)] == [160] * 4 + [224] * 6
    assert square_size(224) == 256


def test_without_small_steps_there_is_one_size():
    assert Schedule(448, 10, 0).sizes == (448,)


def test_sizes_are_multiples_of_32():
    assert Schedule(64, 10, 4).sizes == (32, 64)
    assert Schedule(32, 10, 4).sizes == (32, 32)
