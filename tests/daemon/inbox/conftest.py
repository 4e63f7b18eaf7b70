import pytest

from tests.support.intakes import Clock, make_intake


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def intake(spool, children, clock):
    return make_intake(spool, children, clock)
