import pytest

from daemon.settings.migration_scripts import script_location
from storage.engine import open_engine
from storage.ledger import Ledger
from storage.upgrade import bring_to_head
from storage.urls import sqlite_url
from tests.support.records import MODEL, RUN


@pytest.fixture
def engine(tmp_path):
    made = open_engine(sqlite_url(tmp_path / "results.db"))
    bring_to_head(made, script_location())
    yield made
    made.dispose()


@pytest.fixture
def ledger(engine):
    made = Ledger(engine)
    made.register_model(MODEL)
    return made


@pytest.fixture
def run_id(ledger):
    return ledger.begin_run(RUN)
