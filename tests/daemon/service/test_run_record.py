import os
import threading
from importlib.metadata import version

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from daemon.decoding.confine import Confinement
from daemon.pauses import Pauses
from daemon.pipeline.ledger_writer import Recorder
from daemon.service.run_record import begin_run, log_confinement
from daemon.settings.fields import Settings
from storage.ledger import Ledger
from storage.schema import MODELS, RUNS
from tests.support.at_head import open_at_head
from tests.support.stub import stub_release


@pytest.fixture
def engine(tmp_path):
    made = open_at_head(tmp_path / "results.db")
    yield made
    made.dispose()


def test_a_run_has_its_row_and_its_model(engine, tmp_path):
    recorder = Recorder(Ledger(engine), Pauses(), threading.Event())
    settings = Settings(spool=tmp_path)
    release = stub_release()
    number = begin_run(settings, recorder, release)

    with engine.connect() as connection:
        row = connection.execute(select(RUNS).where(RUNS.c.id == number)).one()
        names = connection.execute(select(MODELS.c.name, MODELS.c.version, MODELS.c.sha256)).all()
    assert (row.pid, row.version, row.settings_digest) == (
        os.getpid(),
        version("inboxray"),
        settings.digest(),
    )
    assert names == [(release.name, release.version, release.sha256)]


@pytest.mark.parametrize(("landlock", "level"), [(3, "info"), (0, "warning")])
def test_a_missing_layer_is_a_warning(landlock, level):
    with capture_logs() as lines:
        log_confinement(Confinement(has_no_new_privileges=True, landlock=landlock, is_filtered=True))
    assert [(line["event"], line["log_level"], line["landlock"]) for line in lines] == [
        ("children_confined", level, landlock)
    ]
