import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")
pytest.importorskip("httpx", reason="the extra `pacs` is not installed")

from daemon.network.sending.entries import State, entries, put
from daemon.network.sending.outbox import Outbox
from daemon.network.sending.sender import quieten_libraries
from daemon.settings.destinations import parse_destination
from tests.support.forked import fork_server
from tests.support.own_network import own_network
from tests.support.records import scan_id
from tests.support.result_objects import made_object

quieten_libraries()


@pytest.fixture
def network():
    """A network that has loopback alone; what the test starts is born in it."""
    fork_server()  # is of all tests, and born outside
    with own_network() as path:
        yield path


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "outbox")
    with made.held():
        yield made


@pytest.fixture
def fill_outbox(outbox):
    """Put reports of some scans into the outbox for an address; give the folder and the entries."""

    def fill(address, *numbers, **more):
        folder = outbox.folder(parse_destination(address))
        for number in numbers:
            put(folder, scan_id(number), made_object(scan_id(number), **more))
        return folder, entries(folder, State.WAITING)

    return fill


@pytest.fixture
def answers():
    """Take the answers of a peer, as `report` does; `answers.said` has them by the number of the scan."""
    return Answers()


class Answers:
    def __init__(self):
        self.said = {}

    def __call__(self, entry, answer):
        self.said[int(entry.scan_id[-12:], 16)] = answer
        return True
