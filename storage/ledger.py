"""The daemon's side of the results database: idempotent writes, and the few questions that go with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from storage.devices import DeviceScan, first_of
from storage.engine import for_questions
from storage.errors import RowsLost
from storage.known import Known, Question
from storage.questions import contents_of, earlier_of, recorded_of, stored_of
from storage.records import Earlier, ModelRecord, PredictionRecord, Recorded, RunRecord, ScanRecord
from storage.rows import model_row, run_row
from storage.schema import MODELS, RUNS
from storage.sqlite import write_back
from storage.translate import translated_errors
from storage.writes import one_at_a_time, refuse_taken, write, writing

__all__ = [
    "Earlier",
    "Known",
    "Ledger",
    "ModelRecord",
    "PredictionRecord",
    "Question",
    "Recorded",
    "RunRecord",
    "ScanRecord",
]


class Ledger:
    """Writes rows once, however often it is asked to.

    Parameters
    ----------
    engine : Engine
        Of `storage.engine.open_engine`, with its schema at head. May be shared by threads.

    Notes
    -----
    Each method raises `DatabaseUnavailable` if the database cannot be used now (nothing was written; try the
    same call again), `DatabaseRefused` if a row is at fault (nothing was written; try its rows one by one),
    and `DatabaseReplaced` if the database is not the one in which the run began (start anew).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._questions = for_questions(engine)

    def begin_run(self, run: RunRecord) -> int:
        """Write the row of a start; return its id.

        Parameters
        ----------
        run : RunRecord

        Returns
        -------
        int
        """
        with writing(self._engine, "beginning a run") as connection:
            run_id: int = connection.execute(insert(RUNS).returning(RUNS.c.id), run_row(run)).scalar_one()
        with translated_errors("beginning a run"), self._engine.connect() as connection:
            write_back(connection)
        return run_id

    def end_run(self, run_id: int, ended_at: datetime) -> None:
        """Write when a run ended.

        Parameters
        ----------
        run_id : int
        ended_at : datetime
        """
        with writing(self._engine, "ending a run") as connection:
            connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(ended_at=ended_at))

    def register_model(self, model: ModelRecord) -> int:
        """Write a model's row unless its sha256 has one; return its id.

        Parameters
        ----------
        model : ModelRecord

        Returns
        -------
        int

        Raises
        ------
        ModelVersionTaken
            Another model of this name and version has its row: people know models by these two alone.
        """
        with writing(self._engine, "registering the model") as connection:
            row = model_row(model)
            one_at_a_time(connection, MODELS)
            same = MODELS.c.sha256 == model.sha256
            model_id: int | None = connection.scalar(select(MODELS.c.id).where(same))
            if model_id is None:
                refuse_taken(connection, row["name"], row["version"])
                model_id = connection.execute(insert(MODELS).returning(MODELS.c.id), row).scalar_one()
            return model_id

    def record(self, scans: Sequence[ScanRecord], run_id: int, *, after: str | None = None) -> None:
        """Write scans with their predictions in one transaction.

        A `scan_id` that has its row keeps it, and the predictions that came with it.

        Parameters
        ----------
        scans : sequence of ScanRecord
        run_id : int
        after : str, optional
            The scan_id that was recorded last before them, whose row must stand where these are written.

        Raises
        ------
        RowsLost
            It does not; nothing was written.
        """
        first = {scan.scan_id: scan for scan in reversed(scans)}  # of two with one id the first counts
        batch = list(reversed(first.values()))
        if not batch:
            return
        with writing(self._engine, f"recording {len(batch)} scans") as connection:
            if after is not None and not recorded_of(connection, [after]):
                raise RowsLost("the database lacks rows that it had confirmed")
            write(connection, batch, run_id)

    def record_again(self, scans: Sequence[ScanRecord], run_id: int) -> list[ScanRecord]:
        """Write those of some scans that have no row any more, in one transaction.

        Parameters
        ----------
        scans : sequence of ScanRecord
            Each was recorded.
        run_id : int

        Returns
        -------
        list of ScanRecord
            Those that had no row.
        """
        with writing(self._engine, f"looking for {len(scans)} scans that were recorded") as connection:
            standing = recorded_of(connection, (scan.scan_id for scan in scans))
            lost = [scan for scan in scans if scan.scan_id not in standing]
            if lost:
                write(connection, lost, run_id)
        return lost

    def find(self, scan_ids: Iterable[str]) -> dict[str, Recorded]:
        """Return what is recorded of these scans; those without a row are left out.

        Parameters
        ----------
        scan_ids : iterable of str

        Returns
        -------
        dict of str to Recorded
        """
        with translated_errors("looking for recorded scans"), self._questions.connect() as connection:
            return recorded_of(connection, scan_ids)

    def stored(self, paths: Iterable[str]) -> dict[str, str]:
        """Return which of these stored paths a row names already, whether or not its file is still there.

        Parameters
        ----------
        paths : iterable of str

        Returns
        -------
        dict of str to str
            Path to scan_id.
        """
        with translated_errors("looking for stored paths"), self._questions.connect() as connection:
            return stored_of(connection, paths)

    def first_of_devices(self, devices: Iterable[str], most: int) -> dict[str, tuple[DeviceScan, ...]]:
        """Return the first scans of each device, canaries left out.

        Parameters
        ----------
        devices : iterable of str
            Hashes, as in the column `device`.
        most : int
            Of each device.

        Returns
        -------
        dict of str to tuple of DeviceScan
            In the order of recording.
        """
        with translated_errors("looking for a device's first scans"), self._questions.connect() as connection:
            return first_of(connection, devices, most)

    def ask(self, question: Question) -> Known:
        """Return what the rows that stand say to a batch, from one moment of the database.

        It waits for no writer; see `storage.engine.for_questions`.

        Parameters
        ----------
        question : Question

        Returns
        -------
        Known
        """
        if not question:
            return Known()
        with translated_errors("asking for a batch"), self._questions.connect() as connection:
            return Known(
                earlier_of(connection, question.sha256s),
                contents_of(connection, question.sop_instance_uids),
                frozenset(stored_of(connection, question.stored_paths)),
            )
