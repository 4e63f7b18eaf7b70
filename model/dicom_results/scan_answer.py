"""What DICOM objects report of a scan: its answer, as the ledger has it, and the model that gave it."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import Decision
from model.dicom_results.derived_uid import derived_uid


@dataclass(frozen=True, slots=True)
class AnswerIdentity:
    """What makes an answer this one and no other: its objects have their UIDs from it.

    Parameters
    ----------
    sha256 : str
        Of the scan's file, hexadecimal.
    model_sha256 : str
        Of the release that answered.
    pipeline_version : str
        How its pixels became network input.
    finished_at : datetime
        When it was answered; aware.
    """

    sha256: str
    model_sha256: str
    pipeline_version: str
    finished_at: datetime

    def uid(self, *what: str) -> str:
        """Derive the UID of something that belongs to this answer alone.

        Parameters
        ----------
        what : str
            Its kind, and its number if there are several.

        Returns
        -------
        str
        """
        moment = f"{self.finished_at.timestamp():.6f}"
        return derived_uid("answer", self.sha256, self.model_sha256, self.pipeline_version, moment, *what)


@dataclass(frozen=True, slots=True)
class AnsweringModel:
    """The release that answered.

    Parameters
    ----------
    name, version : str
    rule_out, rule_in : float
        Scores below the first are not fractured, from the second on fractured, between them uncertain.
    software_version : str
        Of inboxray, when it answered.
    """

    name: str
    version: str
    rule_out: float
    rule_in: float
    software_version: str

    @property
    def title(self) -> str:
        """Its name and version."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, eq=False)
class ScanAnswer:
    """The answer to a scan, and to the frame that made it.

    Parameters
    ----------
    identity : AnswerIdentity
    model : AnsweringModel
    decision : Decision
    probability : float
        Of a fracture, at `prevalence`, in [0, 1]; says nothing if the model abstained.
    score : float
        The same at the prevalence of the model's calibration: what decides.
    prevalence : float or None
        Share of fractured scans that `probability` assumes; None: not known.
    region : str or None
        The part of the body that the network sees; see `model.regions`.
    frame, frames : int
        The frame that made the answer, from 1, and how many there are.
    heat_map : ndarray, shape (cells, cells), float32, or None
        Evidence by place in that frame.
    number : int
        Of the answer among all of its ledger, from 1.
    superseded : AnswerIdentity or None
        The answer to the same file that this one corrects.
    """

    identity: AnswerIdentity
    model: AnsweringModel
    decision: Decision
    probability: float
    score: float
    prevalence: float | None
    region: str | None
    frame: int
    frames: int
    heat_map: NDArray[np.float32] | None
    number: int
    superseded: AnswerIdentity | None = None

    @property
    def has_region(self) -> bool:
        """Whether the map says something: there is one, and the decision is not against a fracture."""
        is_suspicious = self.decision in (Decision.FRACTURED, Decision.UNCERTAIN)
        return is_suspicious and self.heat_map is not None
