"""A study as the ledger has it: its images, the answer that counts for each, and what they make together.

Nothing of a study is recorded: its state follows from its rows, whenever it is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from storage.vocabulary import ABSTAINED, BY_SUSPICION, CLASSIFIED, DECISIONS, FAILED

STUDY_COLUMNS: Final = (
    *("study_instance_uid", "patient_id", "accession_number"),
    *("outcome", "error_code", "decision", "probability", "scans", *BY_SUSPICION),
    *("incomplete", "first_finished_at", "last_finished_at"),
    *("scan_id", "source_name", "modality", "body_part_examined", "model"),
    *("manufacturer", "manufacturer_model_name", "station_name"),
)
"""Columns of a table of studies; from `scan_id` on they are of the scan that decides."""


@dataclass(frozen=True, slots=True)
class StudyScan:
    """One row of a study, with what its answer is known by.

    Parameters
    ----------
    seq : int
    scan_id : str
    study_instance_uid, sop_instance_uid, sha256 : str or None
    finished_at : datetime
    outcome : str
    error_code, decision : str or None
    probability : float or None
    model, pipeline_version : str or None
        Who answered, name@version.
    patient_id, accession_number, modality, body_part_examined : str or None
    manufacturer, manufacturer_model_name, station_name : str or None
    source_name : str
    """

    seq: int
    scan_id: str
    study_instance_uid: str | None
    sop_instance_uid: str | None
    sha256: str | None
    finished_at: datetime
    outcome: str
    error_code: str | None
    decision: str | None
    probability: float | None
    model: str | None
    pipeline_version: str | None
    patient_id: str | None
    accession_number: str | None
    modality: str | None
    body_part_examined: str | None
    manufacturer: str | None
    manufacturer_model_name: str | None
    station_name: str | None
    source_name: str

    @property
    def answer(self) -> str:
        """The decision, or the outcome of a scan without one."""
        return self.decision or self.outcome

    @property
    def is_incomplete(self) -> bool:
        """Whether the study lacks its answer: it failed, or the model abstained."""
        return self.outcome == FAILED or self.decision == ABSTAINED

    @property
    def content(self) -> tuple[Any, ...]:
        """What makes its answer another one than that of a copy."""
        return (
            self.outcome,
            self.error_code,
            self.decision,
            self.probability,
            self.model,
            self.pipeline_version,
        )

    @property
    def device(self) -> str:
        """Manufacturer, model and station, as far as they are known."""
        return " ".join(filter(None, (self.manufacturer, self.manufacturer_model_name, self.station_name)))


@dataclass(frozen=True, slots=True)
class Study:
    """A study, or a scan that names none and so stands alone.

    Parameters
    ----------
    study_instance_uid : str or None
        None: of a scan that names none.
    scans : tuple of StudyScan
        One an image, that whose answer counts; first what a person should see first. Never empty.
    first_scan_id : str
        Of its row that was recorded first: by it the study is known where nothing of a patient may be.
    first_finished_at, last_finished_at : datetime
        Of all of its rows.
    """

    study_instance_uid: str | None
    scans: tuple[StudyScan, ...]
    first_scan_id: str
    first_finished_at: datetime
    last_finished_at: datetime

    @property
    def deciding(self) -> StudyScan:
        """The worst of its scans, whose answer is the study's."""
        return self.scans[0]

    @property
    def incomplete(self) -> tuple[StudyScan, ...]:
        """Scans whose answer it lacks."""
        return tuple(scan for scan in self.scans if scan.is_incomplete)

    @property
    def answered_at(self) -> datetime:
        """When the last of the answers that count was given; a copy of an answered scan moves it not."""
        return max(scan.finished_at for scan in self.scans)

    def counts(self) -> dict[str, int]:
        """Return how many of its scans were answered in which way.

        Returns
        -------
        dict of str to int
            By `BY_SUSPICION`.
        """
        counted = dict.fromkeys(BY_SUSPICION, 0)
        for scan in self.scans:
            counted[scan.answer] += 1
        return counted

    def as_row(self) -> dict[str, Any]:
        """Return it as a row of a table of studies.

        Returns
        -------
        dict of str to object
            By `STUDY_COLUMNS`.
        """
        own = {
            "study_instance_uid": self.study_instance_uid,
            "patient_id": self._known("patient_id"),
            "accession_number": self._known("accession_number"),
            "scans": len(self.scans),
            **self.counts(),
            "incomplete": ";".join(scan.scan_id for scan in self.incomplete) or None,
            "first_finished_at": self.first_finished_at,
            "last_finished_at": self.last_finished_at,
        }
        return {name: own[name] if name in own else getattr(self.deciding, name) for name in STUDY_COLUMNS}

    def _known(self, name: str) -> str | None:
        """Return what the scan that decides says, or else another."""
        return next(filter(None, (getattr(scan, name) for scan in self.scans)), None)


def study_of(study_instance_uid: str | None, rows: Iterable[StudyScan]) -> Study:
    """Make a study of its rows.

    Of rows with the same bytes one counts: the newest that was classified, and of those that say the same the
    first, so that a copy changes nothing. A failed row counts no more once its SOP instance was sent again
    and classified.

    Parameters
    ----------
    study_instance_uid : str or None
    rows : iterable of StudyScan
        Not empty, in any order; none that was requeued and answered since.

    Returns
    -------
    Study
    """
    in_order = sorted(rows, key=lambda row: row.seq)
    by_bytes: dict[str, list[StudyScan]] = {}
    for row in in_order:
        by_bytes.setdefault(row.sha256 or row.scan_id, []).append(row)
    counting = [_counting(alike) for alike in by_bytes.values()]
    classified = {row.sop_instance_uid for row in counting if row.outcome == CLASSIFIED}
    images = [
        row
        for row in counting
        if row.outcome != FAILED or not row.sop_instance_uid or row.sop_instance_uid not in classified
    ]
    return Study(
        study_instance_uid,
        tuple(sorted(images, key=_suspicion)),
        in_order[0].scan_id,
        min(row.finished_at for row in in_order),
        max(row.finished_at for row in in_order),
    )


def _counting(alike: Sequence[StudyScan]) -> StudyScan:
    """Choose among rows of the same bytes, in the order of recording."""
    newest = next((row for row in reversed(alike) if row.outcome == CLASSIFIED), alike[-1])
    return next(row for row in alike if row.content == newest.content)


def _suspicion(row: StudyScan) -> tuple[int, float, int]:
    """Order as the worklist does: see `storage.filters.Filters`."""
    probability = row.probability or 0.0 if row.answer in DECISIONS else 0.0
    return BY_SUSPICION.index(row.answer), -probability, -row.seq
