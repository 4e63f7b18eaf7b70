"""A spool that looks as if a daemon had worked in it: rows, and the files that they name."""

from pathlib import Path

from storage.ledger import Ledger
from tests.support.at_head import open_at_head
from tests.support.records import MODEL, RUN, classified, failed

THRESHOLDS = {"rule_out": 0.25, "rule_in": 0.7, "distance": 9.0}


def scans():
    """Two classified scans, then two failed ones; the file of scan N holds the text N."""
    return [
        classified(1),
        classified(2, decision="not_fractured", probability=0.0625, score=0.125, patient_id="=2+3"),
        failed(3),
        failed(4, "empty_file"),
    ]


def fill(spool: Path, records=None, models=(MODEL,)) -> Path:
    """Record scans in the spool's own SQLite and put their files where the rows say.

    Parameters
    ----------
    spool : Path
        Made if it is not there.
    records : list of ScanRecord, optional
        Without, those of `scans`.
    models : sequence of ModelRecord
        Releases that answered.
    """
    spool.mkdir(parents=True, exist_ok=True)
    (spool / "inbox").mkdir(exist_ok=True)
    engine = open_at_head(spool / "results.db")
    ledger = Ledger(engine)
    run = ledger.begin_run(RUN)
    for model in models:
        ledger.register_model(model)
    records = scans() if records is None else records
    ledger.record(records, run)
    engine.dispose()
    for record in records:
        path = spool / record.stored_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(int(record.scan_id[-12:], 16)))
        if record.outcome == "failed":
            path.with_name(path.name + ".reason.json").write_text("{}")
    return spool
