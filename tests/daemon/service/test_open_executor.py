import pytest

from daemon.errors import ConfigurationError
from daemon.execution.local import LocalExecutor
from daemon.pauses import Pauses
from daemon.service.open_executor import open_executor
from daemon.service.status import StatusReporter
from daemon.settings.fields import Settings
from tests.support.stub import StubClassifier


@pytest.fixture
def opened(spool, children):
    def open_for(**settings):
        made = Settings(spool=spool.root, **settings)
        return open_executor(
            made,
            spool,
            children,
            StubClassifier(),
            pauses=Pauses(),
            attach_cluster=StatusReporter(made, "stub").attach_cluster,
        )

    return open_for


def test_without_a_word_it_is_this_machine(opened):
    executor = opened()
    assert isinstance(executor, LocalExecutor)
    executor.close()


def test_a_cluster_has_to_be_named(opened):
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with pytest.raises(ConfigurationError, match="needs dask_scheduler"):
        opened(executor="dask")


def test_workers_may_look_at_a_file_that_others_may_not(opened, spool):
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    spool.claimed.mkdir(exist_ok=True)
    executor = opened(executor="dask", dask_scheduler="tcp://127.0.0.1:1")
    try:
        assert len(spool.probe_file.read_bytes()) == 32
        assert "was not reached yet" in executor.described()["lack"] or executor.described()["lack"]
    finally:
        executor.close()
