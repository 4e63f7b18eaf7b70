"""A ledger with a run and a model, and a way to read it."""

from types import SimpleNamespace

import pytest

from storage.engine import open_engine
from storage.urls import sqlite_url
from tests.support.records import MODEL, RUN


@pytest.fixture
def engine_of(ledger, spool):
    ledger.register_model(MODEL)
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    yield SimpleNamespace(engine=engine, run=ledger.begin_run(RUN))
    engine.dispose()
