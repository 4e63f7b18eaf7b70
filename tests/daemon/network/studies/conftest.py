import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")
pytest.importorskip("httpx", reason="the extra `pacs` is not installed")

from daemon.network.sending.outbox import Outbox


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path / "outbox")
    with made.held():
        yield made
