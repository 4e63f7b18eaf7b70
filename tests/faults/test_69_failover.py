"""Fault 69: a standby of PostgreSQL takes over that lacks what the server before it had confirmed.

Break it: let `storage.ledger.Ledger.record` not look for the row before, and `Committer.confirm` return at
once: files lie in ``done/`` and have no row.
"""

import pytest
from sqlalchemy.exc import DBAPIError

from tests.faults.conftest import CALM, Patient
from tests.support.daemons import inboxray
from tests.support.ledgers import assert_each_once, scans
from tests.support.pictures import drop, png_bytes
from tests.support.postgres import PostgresServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres_server):
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def standby(postgres_server, database):
    """A standby; the server itself runs again when it is gone."""
    made = PostgresServer(postgres_server.binaries, follows=postgres_server)
    try:
        made.start()
        yield made
    finally:
        made.remove()
        if postgres_server.child is None:
            postgres_server.start()


def catch_up(primary, standby):
    """Wait until a standby has what its primary has now."""
    now = primary.ask("SELECT pg_current_wal_lsn()")
    wait_until(
        lambda: standby.ask(f"SELECT pg_last_wal_replay_lsn() >= '{now}'") == "true",
        timeout_s=30,
        what="the standby to catch up",
    )


def recorded(url):
    """Give the names that have a row, or none while the server is away."""
    try:
        return {row["source_name"] for row in scans(url)}
    except DBAPIError:
        return set()


class Ward:
    """A daemon whose database fails over, and all that ever arrived in its inbox."""

    def __init__(self, patient, url):
        self.patient = patient
        self.url = url
        self.named = {}

    def drop(self, number):
        """Let files arrive."""
        for one in range(len(self.named), len(self.named) + number):
            self.named[f"{one}.png"] = png_bytes(one)
            drop(self.patient.inbox / f"{one}.png", png_bytes(one))

    def wait_for_all(self):
        """Wait until each arrival has its row, and its last place."""
        claimed = self.patient.spool / "claimed"
        wait_until(lambda: recorded(self.url) >= set(self.named), timeout_s=120, what="every row")
        wait_until(lambda: not list(claimed.iterdir()), timeout_s=30, what="every move")

    def recorded_again(self):
        """Give the numbers of rows that the log says were lost."""
        return [line["rows"] for line in self.patient.events() if line["event"] == "rows_recorded_again"]


@pytest.fixture
def ward(standby, database, tmp_path):
    with Patient(tmp_path / "spool", database_url=database, batch_size=4, **CALM) as running:
        yield Ward(running, database)


@pytest.mark.parametrize("load", ["idle", "busy"])
def test_69_what_a_standby_lacks_is_recorded_again(postgres_server, standby, ward, load, size):
    ward.drop(6)
    ward.wait_for_all()
    catch_up(postgres_server, standby)
    standby.receive_nothing_more()
    lost = size(30, 300)
    ward.drop(lost)
    ward.wait_for_all()
    if load == "busy":
        ward.drop(size(30, 300))
        wait_until(lambda: len(recorded(ward.url)) > lost + 10, timeout_s=60, what="some of them")
    postgres_server.stop(immediately=True)
    standby.take_over(postgres_server.port)
    ward.wait_for_all()

    wait_until(ward.recorded_again, timeout_s=60, what="the warning")
    (again,) = ward.recorded_again()
    assert again == lost if load == "idle" else lost < again <= len(ward.named) - 6
    wait_until(lambda: ward.patient.status()["recorded_again"] == again, what="the status")
    assert ward.patient.stop() == 0
    assert_each_once(ward.patient.spool, ward.url, ward.named)
    checked = inboxray(ward.patient.spool, "db", "check", "--deep", database_url=ward.url)
    assert checked.returncode == 0, checked.stdout + checked.stderr
