"""For notebooks and scripts: a release, and what it says of a picture, in two calls.

What is answered is what the daemon would record for the same bytes; no spool and no database are needed. A
file is decoded in this process: open hostile files with `inboxray classify`, which gives each a child of its
own.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier, EngineName, Prediction, open_classifier
from model.decisions.calibration import shift_prevalence
from model.decisions.decision import Decision, decide_scan
from model.errors import BadNetworkOutput
from model.header import Header
from model.reading.prepare import prepare
from model.reading.preprocess import preprocess
from model.release import Release, find_release, open_release

Source = str | os.PathLike[str] | bytes | NDArray[np.uint8] | NDArray[np.uint16]

_EIGHT_TO_SIXTEEN_BITS = 257
"""So that 255 becomes 65535."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The answer for one picture.

    Attributes
    ----------
    decision : Decision
        `fractured`, `uncertain`, `abstained` or `not_fractured`; a string, too.
    probability : float
        Of `fractured`, in [0, 1], at the prevalence that was asked for, else at that of the release.
    score : float
        The same at the prevalence of the release; the thresholds stand on it.
    logit : float
        The network's output.
    distance : float
        How unlike the training pictures it is, at least 0.
    region : str or None
        The part of the body that the network sees; None if the release distinguishes none.
    heat_map : ndarray, shape (cells, cells), float32
        What raised the score, by place in the letterboxed picture, in logits.
    """

    decision: Decision
    probability: float
    score: float
    logit: float
    distance: float
    region: str | None
    heat_map: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The answer for a file or a picture.

    Attributes
    ----------
    decision : Decision
        The first, in the order of `Decision`, that any frame has.
    probability : float
        The highest among the frames with that decision.
    frames : tuple of Frame
        In their order; a plain picture has one.
    warnings : tuple of str
        What was odd about the file, by code.
    header : Header or None
        What was read of a file's header; None for an array.
    """

    decision: Decision
    probability: float
    frames: tuple[Frame, ...]
    warnings: tuple[str, ...]
    header: Header | None

    @property
    def deciding(self) -> Frame:
        """The frame with the highest score among those with the decision of the whole."""
        return max((one for one in self.frames if one.decision == self.decision), key=lambda one: one.score)

    def as_row(self) -> dict[str, object]:
        """Give it as a flat row, as data frames take it: decision, probability, score, region and more.

        Returns
        -------
        dict of str to object
        """
        return {
            "decision": self.decision.value,
            "probability": self.probability,
            "score": self.deciding.score,
            "region": self.deciding.region,
            "frames": len(self.frames),
            "warnings": ";".join(self.warnings),
        }


class Model:
    """A release that is ready to answer; not for use by two threads at once.

    Parameters
    ----------
    classifier : Classifier
    prevalence : float, optional
        Shifts the reported probability to this share of fractured scans; decisions stay.
    """

    def __init__(self, classifier: Classifier, prevalence: float | None = None) -> None:
        self._classifier = classifier
        self._prevalence = prevalence

    @classmethod
    def open(
        cls,
        release: str | os.PathLike[str] | None = None,
        *,
        engine: EngineName = "litert",
        prevalence: float | None = None,
    ) -> Self:
        """Open a release.

        Parameters
        ----------
        release : str or path, optional
            Its folder, or ``NAME@VERSION`` of one that ships; else the newest that ships.
        engine : {"litert", "tensorflow"}
        prevalence : float, optional
            Between 0 and 1.

        Returns
        -------
        Model

        Raises
        ------
        ReleaseError
            There is no such release, or its files were changed.
        EngineError
            The engine is not installed.
        ValueError
            The prevalence is no share.
        """
        if prevalence is not None and not 0.0 < prevalence < 1.0:
            raise ValueError(f"a prevalence lies between 0 and 1, and {prevalence} does not; 12 % is 0.12")
        found = find_release(None if release is None else Path(release))
        return cls(open_classifier(open_release(found), engine), prevalence)

    @property
    def release(self) -> Release:
        """What was opened: its name, thresholds and calibration."""
        return self._classifier.release

    def answer(self, source: Source) -> Answer:
        """Answer a file or a picture.

        Parameters
        ----------
        source : path, bytes or ndarray
            A DICOM, PNG or JPEG file, its bytes, or a picture as a viewer shows it: shape (rows, columns),
            uint8 or uint16, 0 black.

        Returns
        -------
        Answer

        Raises
        ------
        ScanError
            The file holds no picture, or one that cannot be read; the subclass and `code` say why.
        BadNetworkOutput
            The network gave no finite number.
        OSError
            The file cannot be opened.
        ValueError
            The array is no grey picture.
        """
        size = self.release.shape.input_size
        if isinstance(source, np.ndarray):
            return self._answered(preprocess(_grey(source), size)[None], (), None)
        prepared = prepare(source if isinstance(source, bytes) else Path(source).read_bytes(), size=size)
        return self._answered(prepared.inputs, prepared.warnings, prepared.header)

    def answers(self, sources: Iterable[Source]) -> Iterator[Answer]:
        """Answer one after the other, as `answer` does.

        Parameters
        ----------
        sources : iterable

        Yields
        ------
        Answer
        """
        return map(self.answer, sources)

    def _answered(
        self, inputs: NDArray[np.uint16], warnings: tuple[str, ...], header: Header | None
    ) -> Answer:
        frames = tuple(self._frame(one) for one in self._classifier.classify(inputs))
        decision, probability = decide_scan([(one.decision, one.probability) for one in frames])
        return Answer(decision, probability, frames, warnings, header)

    def _frame(self, prediction: Prediction | None) -> Frame:
        if prediction is None:
            raise BadNetworkOutput(
                "the network gave no finite number; check the release with `inboxray model verify`"
            )
        return Frame(
            prediction.decision,
            self._reported(prediction.score),
            prediction.score,
            prediction.logit,
            prediction.distance,
            prediction.region,
            prediction.heat_map,
        )

    def _reported(self, score: float) -> float:
        if self._prevalence is None:
            return score
        return shift_prevalence(score, self.release.calibration.prevalence, self._prevalence)


def _grey(picture: NDArray[np.generic]) -> NDArray[np.uint16]:
    if picture.ndim != 2 or not picture.size or picture.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"a picture is an array of rows and columns, uint8 or uint16, and not {picture.dtype} "
            f"{picture.shape}: give one frame, in grey, 0 black"
        )
    wide = picture.astype(np.uint16)
    return wide * np.uint16(_EIGHT_TO_SIXTEEN_BITS) if picture.dtype == np.uint8 else wide
