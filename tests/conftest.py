"""What tests of several packages share."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import PostgresServer, new_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL, one a test process; a test that stops it starts it again."""
    server = new_server()
    yield server
    server.remove()
