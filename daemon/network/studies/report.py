"""A state of a study that is to be reported."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from daemon.network.sending.entries import Made
from daemon.network.studies.reported import Reported
from storage.study import Study


@dataclass(frozen=True, slots=True)
class StudyReport:
    """A state of a study.

    Parameters
    ----------
    study : Study
    waiting : tuple of str
        SOP Instance UIDs of what was received with it and has no answer yet.
    before : Reported or None
        The state that it takes the place of.
    """

    study: Study
    waiting: tuple[str, ...] = ()
    before: Reported | None = None

    @property
    def number(self) -> int:
        """How often the study is reported with this one."""
        return 1 if self.before is None else self.before.number + 1

    @property
    def state(self) -> str:
        """A digest of all answers: another one where any of them differs."""
        answers = sorted(json.dumps([one.sha256 or one.scan_id, *one.content]) for one in self.study.scans)
        whole = json.dumps([answers, sorted(self.waiting)])
        return hashlib.sha256(whole.encode()).hexdigest()

    @property
    def id(self) -> str:
        """Of this report, and of no other."""
        what = f"{self.study.first_scan_id} {self.number} {self.state}"
        return "study_" + hashlib.sha256(what.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Put:
    """What one channel has to say of a report.

    Parameters
    ----------
    objects : sequence of (str, Made)
        Each with the name of the folder that it goes to.
    notified : tuple of str
        Names of the folders of those who get notices.
    report : dict or None
        What the structured report is known by.
    """

    objects: Sequence[tuple[str, Made]] = ()
    notified: tuple[str, ...] = ()
    report: dict[str, str] | None = field(default=None)


class Channel(Protocol):
    """Who is to know of studies."""

    def put(self, report: StudyReport) -> Put:
        """Say what is to be sent of a report.

        Parameters
        ----------
        report : StudyReport

        Returns
        -------
        Put
        """
