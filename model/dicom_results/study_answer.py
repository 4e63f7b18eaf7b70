"""What was answered about a study: its scans' answers, and what they make together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from model.dicom_results.scan_answer import AnswerIdentity, ScanAnswer
from model.dicom_results.source_image import SourceImage

Answered = tuple[ScanAnswer, SourceImage]


@dataclass(frozen=True, slots=True, eq=False)
class StudyAnswer:
    """The answer to a study.

    Parameters
    ----------
    identity : AnswerIdentity
        Its `sha256` is a digest of all answers; its model is that of the first of the scans here.
    answered : tuple of (ScanAnswer, SourceImage)
        First what a person should see first; not empty, all of one study, and maybe not all that it has.
    answer : str
        That of its worst scan: a decision, ``failed`` or ``rejected``.
    counts : mapping of str to int
        How many scans were answered in which way.
    waiting : tuple of str
        SOP Instance UIDs of what was received with it, and has no answer yet.
    incomplete : tuple of str
        Scans that failed, or from which the model abstained, in words.
    number : int
        How often it is reported, from 1.
    superseded : AnswerIdentity or None
        The report that this one corrects.
    """

    identity: AnswerIdentity
    answered: tuple[Answered, ...]
    answer: str
    counts: Mapping[str, int]
    waiting: tuple[str, ...]
    incomplete: tuple[str, ...]
    number: int
    superseded: AnswerIdentity | None = None

    @property
    def is_complete(self) -> bool:
        """Whether each scan has its answer."""
        return not self.waiting and not self.incomplete

    def as_scan_answer(self) -> ScanAnswer:
        """Return the first of its answers, known as that of the study: for what all objects have alike.

        Returns
        -------
        ScanAnswer
        """
        first = self.answered[0][0]
        return replace(first, identity=self.identity, number=self.number, superseded=self.superseded)
