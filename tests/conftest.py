"""What tests of several packages share."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from tests.support.postgres import PostgresServer, new_server

_T = TypeVar("_T")
_SECONDS_FOR_FULL = 3600


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``pytest tests/faults --full`` run the faults at the size that the list of faults asks for."""
    parser.addoption("--full", action="store_true", help="the full number of each fault, for `make soak`")


@pytest.hookimpl(tryfirst=True)  # before pytest-timeout looks at its option
def pytest_configure(config: pytest.Config) -> None:
    """Give a test of full size an hour instead of the two minutes of a small one."""
    if config.getoption("--full") and config.option.timeout is None:
        config.option.timeout = _SECONDS_FOR_FULL


@pytest.fixture(scope="session")
def size(pytestconfig: pytest.Config) -> Callable[[_T, _T], _T]:
    """Choose between the size of `make test` and that of the list of faults: ``size(60, 1000)``."""
    is_full = pytestconfig.getoption("--full")
    return lambda small, full: full if is_full else small


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL, one a test process; a test that stops it starts it again."""
    server = new_server()
    yield server
    server.remove()
