from sqlalchemy import select, text

from storage.reviews import add_review
from storage.schema import MODELS, SCANS
from storage.view_columns import view_columns
from tests.support.records import classified, failed, scan_id


def test_the_columns_are_those_of_the_view(engine, ledger, run_id):
    """Break it: forget one of its columns, or put its warnings into another order."""
    ledger.record(
        [
            classified(1, warnings=("odd_window", "half_size")),
            failed(2),
            classified(3, requeued_from=scan_id(2), warnings=()),
            classified(4, requeued_from=scan_id(2)),
        ],
        run_id,
    )
    for verdict in ("agree", "disagree"):
        add_review(engine, scan_id(1), verdict, "anna")
    ours = select(*view_columns()).outerjoin(MODELS, MODELS.c.id == SCANS.c.model_id).order_by(SCANS.c.seq)
    with engine.connect() as connection:
        view = connection.execute(text("SELECT * FROM results ORDER BY scan_id")).all()
        rows = connection.execute(ours).all()

    assert rows[0]._fields == view[0]._fields
    times = [row.received_at for row in rows]
    assert all(time.tzinfo is not None for time in times)
    assert [(*row[:1], *row[3:]) for row in rows] == [(*row[:1], *row[3:]) for row in view]
    assert (rows[0].warnings, rows[0].reviewed, rows[1].superseded_by) == (
        *("odd_window;half_size", "disagree", scan_id(4)),
    )
