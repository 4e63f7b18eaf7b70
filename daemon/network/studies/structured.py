"""Archives get a structured report of each study."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from daemon.errors import ConfigurationError
from daemon.network.answered import as_noted
from daemon.network.studies.report import Put, StudyReport

if TYPE_CHECKING:
    from model.dicom_results.made_object import MadeObject
    from model.dicom_results.scan_answer import AnswerIdentity

MakeReport = Callable[[StudyReport], "tuple[MadeObject, AnswerIdentity]"]
"""Makes the report of a study, and says by what it is known."""

_NONE_CAN_BE: Final = "no_objects"

_log = structlog.get_logger()


class StudyReports:
    """Archives that get reports.

    Parameters
    ----------
    names : sequence of str
        Of their folders in the outbox.
    make : callable
    """

    def __init__(self, names: Sequence[str], make: MakeReport) -> None:
        self._names, self._make = names, make

    def put(self, report: StudyReport) -> Put:
        """Make the report of a study; one that cannot be made holds nothing up.

        Parameters
        ----------
        report : StudyReport

        Returns
        -------
        Put

        Raises
        ------
        DaemonError, StorageError
            That passes: it is tried again.
        """
        try:
            made, identity = self._make(report)
        except Exception as error:
            if getattr(error, "retriable", False) or isinstance(error, ConfigurationError):
                raise
            scan_id = report.study.deciding.scan_id
            if getattr(error, "code", None) == _NONE_CAN_BE:
                _log.info("no_study_report", scan_id=scan_id, why=str(error))
            else:
                _log.warning("study_report_not_made", scan_id=scan_id, exc_info=error)
            return Put()
        return Put([(name, made) for name in self._names], report=as_noted(identity))
