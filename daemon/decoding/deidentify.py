"""What a child does for an export: it reads a file, and writes another that does not say whose it is."""

from collections.abc import Callable
from typing import Any

from daemon.decoding.decode import answer_file
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import CANNOT_WRITE, Decoded, DeidentifyRequest, OpenPicture
from daemon.errors import errno_name
from model.header import Header
from storage.vocabulary import FAILED


def deidentify_file(
    descriptor: int, limits: ChildLimits, request: DeidentifyRequest, open_picture: OpenPicture
) -> Decoded:
    """Make a file for research of a DICOM file.

    Parameters
    ----------
    descriptor : int
        The file, open to be read.
    limits : ChildLimits
    request : DeidentifyRequest
    open_picture : callable
        Gives the file to write to, by the number 1.

    Returns
    -------
    Decoded
        With the signs of text in its picture among the warnings; where there are some and it is not wanted
        so, nothing was written. ``cannot_write``, and why as the warning, if the disk took no file.
    """
    from model.deidentification.deidentify import deidentify  # as in `daemon.decoding.decode`

    def make(data: bytes, extend: Callable[[Header], None]) -> dict[str, Any]:
        del extend  # no pixel is decoded
        made = deidentify(data, request.key, request.method, limits.pixels)
        if request.takes_signs or not made.signs:
            try:
                with open_picture(1) as file:
                    file.write(made.content)
            except OSError as error:
                return {"outcome": FAILED, "error_code": CANNOT_WRITE, "warnings": (errno_name(error),)}
        return {"warnings": (*made.signs, *made.warnings)}

    return answer_file(descriptor, limits, make)
