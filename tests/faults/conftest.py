"""One daemon for all faults that a daemon should survive; each test has a folder of its own in its inbox."""

import os
from pathlib import Path

import pytest

from daemon.spool.names import decode_name
from tests.support.daemons import RunningDaemon, count, rows
from tests.support.deadlines import scaled
from tests.support.failing_daemon import failing_daemons
from tests.support.tally import take_tally, tally
from tests.support.waiting import wait_until

CALM = {
    "look_interval_ms": 50,
    "settle_s": 0.2,
    "incomplete_wait_s": 0.4,
    "sweep_s": 1,
    "decode_workers": 2,
    "log_format": "json",
}


class Patient(RunningDaemon):
    """A daemon that is given files and asked what became of them."""

    def answers(self, folder, named, timeout_s=40, mode=0o644):
        """Drop files as one folder, and wait until each has its row.

        Parameters
        ----------
        folder : str
            Used by no other test.
        named : dict of bytes by str
        timeout_s : float
        mode : int
            Of the files, as their sender left them.

        Returns
        -------
        dict of dict by str
            The row of `scans` for each name.
        """
        beside = self.spool / f".{folder}"
        beside.mkdir()
        for name, data in named.items():
            (beside / name).write_bytes(data)
            (beside / name).chmod(mode)
        beside.rename(self.inbox / folder)
        found = self.wait_for(folder, len(named), timeout_s)
        return {Path(row["source_name"]).name: row for row in found}

    def codes(self, folder, named, timeout_s=40):
        """Give the outcome of each file, or its error code if it has one."""
        found = self.answers(folder, named, timeout_s)
        return {name: row["error_code"] or row["outcome"] for name, row in found.items()}

    def wait_for(self, folder, number, timeout_s=40):
        """Wait until a folder has so many rows, and give them; it must not have more."""
        try:
            wait_until(
                lambda: count(self.spool, within(folder)) >= number,
                timeout_s=timeout_s,
                what=f"rows of {folder}",
            )
        finally:  # those that never came are counted too
            found = self.rows(folder)
            tally(folder, number, max(0, number - len(found)), max(0, len(found) - number))
        assert len(found) == number
        again = {row["requeued_from"] for row in found}
        kept = [self.stored(row) for row in found if row["scan_id"] not in again]
        wait_until(lambda: all(path.exists() for path in kept), what="the moves, which follow the rows")
        return found

    def assert_well(self):
        """Expect the daemon to live and to have nothing left to do."""
        assert self.process.poll() is None, self.log.read_text()
        wait_until(lambda: _is_empty(self.spool / "claimed"), what="claimed/ to be empty")

    def rows(self, folder):
        """Read the rows of a folder."""
        return rows(self.spool, where=within(folder))

    def stored(self, row):
        """Say where a file lies."""
        return self.spool / os.fsdecode(decode_name(row["stored_path"]))


def within(folder):
    """Write the SQL that is true of files of a folder of the inbox."""
    beginning = f"{folder}/".replace("'", "''")
    return f"substr(source_name, 1, {len(folder) + 1}) = '{beginning}'"


class Hostile(Patient):
    """The same with a decoder that obeys the orders in files."""

    program = "tests.support.hostile_daemon"


@pytest.fixture(autouse=True)
def tallied(request):
    """Say in the report how many files the test dropped, and how many were lost or doubled."""
    take_tally()
    yield
    for name, number in take_tally().items():
        request.node.user_properties.append((name, number))


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory):
    """A running daemon."""
    folder = tmp_path_factory.mktemp("faults")
    with Patient(folder / "spool", deadline_s=scaled(30), **CALM) as running:
        yield running


@pytest.fixture(scope="session")
def shared_hostile_daemon(tmp_path_factory):
    """A running daemon whose decoder may do anything."""
    with Hostile(tmp_path_factory.mktemp("hostile") / "spool", **CALM) as running:
        yield running


@pytest.fixture
def daemon(shared_daemon):
    """The daemon, which must still be the same process when the test is over."""
    yield shared_daemon
    shared_daemon.assert_well()


@pytest.fixture
def hostile_daemon(shared_hostile_daemon):
    """The hostile one, with the same demand."""
    yield shared_hostile_daemon
    shared_hostile_daemon.assert_well()


@pytest.fixture
def zygote():
    """Start daemons that fail where they are told to."""
    with failing_daemons() as made:
        yield made


def _is_empty(folder):
    return not list(folder.iterdir())
