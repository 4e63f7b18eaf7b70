"""What can go wrong between a file's bytes and a prediction, each with a stable code.

A message says what is wrong, and its advice what to do. Neither ever quotes a value out of a file: element
values, names and identifiers belong to patients.
"""

from typing import ClassVar, Literal

from model.advice import Advice
from model.header import Header


class ModelError(Exception):
    """Root of the model's errors."""

    code: ClassVar[str] = "model_error"
    retriable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 65


class ScanError(ModelError):
    """A file gets an answer, but no prediction.

    Parameters
    ----------
    message : str, optional
        What happened; the first line of the class's docstring if left out.
    advice : Advice, optional
        What to do; that of the class if left out.
    header : Header, optional
        What could be read of the header before it happened; `model.reading.prepare` fills it in later.

    Attributes
    ----------
    outcome : {"rejected", "failed"}
        "rejected": the file is sound, but not a picture for us. "failed": it could not be read.
    code : str
        The scan's `error_code`.
    advice : Advice or None
        What to do; None where there is nothing to be done.
    """

    code = "unreadable"
    outcome: ClassVar[Literal["rejected", "failed"]] = "failed"
    usual_advice: ClassVar[Advice | None] = None

    def __init__(
        self, message: str | None = None, *, advice: Advice | None = None, header: Header | None = None
    ) -> None:
        super().__init__(message or (type(self).__doc__ or self.code).partition("\n")[0].rstrip("."))
        self.advice = advice or self.usual_advice
        self.header = header

    def __str__(self) -> str:
        """Say what happened, and what to do."""
        what = super().__str__()
        return what if self.advice is None else f"{what}; {self.advice}"


class EmptyFile(ScanError):  # noqa: N818  # the names follow the codes
    """The file has no bytes."""

    code = "empty_file"
    usual_advice = Advice.SEND


class UnknownFormat(ScanError):  # noqa: N818
    """The file is no DICOM, PNG or JPEG."""

    code = "unknown_format"
    usual_advice = Advice.CONVERT_FORMAT


class Truncated(ScanError):  # noqa: N818
    """The file ends before its pixels do."""

    code = "truncated"
    usual_advice = Advice.SEND_WHOLE


class Unreadable(ScanError):  # noqa: N818
    """The file's structure cannot be parsed."""

    code = "unreadable"
    usual_advice = Advice.COMPARE


class BadHeader(ScanError):  # noqa: N818
    """The header describes no picture that could be shown."""

    code = "bad_header"
    usual_advice = Advice.EXPORT


class BadPixels(ScanError):  # noqa: N818
    """The pixels cannot be decoded."""

    code = "bad_pixels"
    usual_advice = Advice.COMPARE


class TooLarge(ScanError):  # noqa: N818
    """The picture is larger than the limits allow.

    Parameters
    ----------
    message : str, optional
    advice : Advice, optional
    header : Header, optional
    size : tuple of int, optional
        Rows, columns and frames, if they are what is too much: larger limits may take them.
    inflated_bytes : int, optional
        So many bytes come out of the data set, or more, if that is too much: larger limits may take them.
    """

    code = "too_large"
    usual_advice = Advice.RAISE_LIMIT

    def __init__(
        self,
        message: str | None = None,
        *,
        advice: Advice | None = None,
        header: Header | None = None,
        size: tuple[int, int, int] | None = None,
        inflated_bytes: int | None = None,
    ) -> None:
        super().__init__(message, advice=advice, header=header)
        self.size, self.inflated_bytes = size, inflated_bytes


class UnsupportedTransferSyntax(ScanError):  # noqa: N818
    """There is no decoder for the transfer syntax."""

    code = "unsupported_transfer_syntax"
    usual_advice = Advice.CONVERT_OR_WAIT


class NoImage(ScanError):  # noqa: N818
    """The DICOM object is sound and holds no picture."""

    code = "no_image"
    outcome = "rejected"


class Dicomdir(ScanError):  # noqa: N818
    """The file is a DICOMDIR, an index; its references are never opened."""

    code = "dicomdir"
    outcome = "rejected"


class ExecutablePreamble(ScanError):  # noqa: N818
    """The DICOM preamble begins like a program (CVE-2019-11687); the file is kept, never run."""

    code = "executable_preamble"
    outcome = "rejected"


class ExcludedModality(ScanError):  # noqa: N818
    """The scan's modality is not one that the settings take."""

    code = "excluded_modality"
    outcome = "rejected"


class ExcludedBodyPart(ScanError):  # noqa: N818
    """The scan's body part is not one that the settings take."""

    code = "excluded_body_part"
    outcome = "rejected"


class ExcludedPresentation(ScanError):  # noqa: N818
    """The scan is of a kind (for processing, captured, derived, localizer) that the settings do not take."""

    code = "excluded_presentation"
    outcome = "rejected"


class ReleaseError(ModelError):
    """A released model is missing, malformed, or not the one that its `release.json` describes."""

    code = "bad_release"
    exit_code = 78


class EngineError(ModelError):
    """The network's runtime is not installed, or cannot load the release."""

    code = "engine_missing"
    exit_code = 78


class BadNetworkOutput(ModelError):  # noqa: N818
    """The network gave an output of a wrong shape."""

    code = "bad_network_output"
