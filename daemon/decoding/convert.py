"""What a child does for `convert`: it writes the pictures itself, so that none passes through its parent.

It asks for each of the files to write to, and could make none (`daemon.decoding.confine`).
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.decoding.decode import answer_file
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import CANNOT_WRITE, Decoded, OpenPicture, PictureRequest
from daemon.errors import errno_name
from model.header import Header
from storage.vocabulary import FAILED


def convert_file(
    descriptor: int, limits: ChildLimits, request: PictureRequest, open_picture: OpenPicture
) -> Decoded:
    """Write the pictures of a file, whatever it is a picture of: `limits.eligibility` is not asked.

    Parameters
    ----------
    descriptor : int
        The file, open to be read.
    limits : ChildLimits
    request : PictureRequest
    open_picture : callable
        Gives a picture's file by its number.

    Returns
    -------
    Decoded
        Without inputs; ``cannot_write``, and why as the warning, if the disk took no picture.
    """
    from model.reading.prepare import open_pictures  # as in `daemon.decoding.decode`
    from model.reading.preprocess import preprocess

    def convert(data: bytes, extend: Callable[[Header], None]) -> dict[str, Any]:
        pictures = open_pictures(data, limits.pixels)
        extend(pictures.header)
        first = 1 if request.only is None else request.only
        wanted = islice(pictures, first - 1, request.only)  # those before it are decoded, and not written
        shown = (one if request.size is None else preprocess(one, request.size) for one in wanted)
        try:
            _write(enumerate(shown, first), request, open_picture)
        except OSError as error:
            reason = (errno_name(error),)
            return {"outcome": FAILED, "error_code": CANNOT_WRITE, "warnings": reason}
        return {"header": pictures.header, "warnings": tuple(sorted(pictures.warnings))}

    return answer_file(descriptor, limits, convert)


def _write(
    pictures: Iterable[tuple[int, NDArray[np.uint16]]], request: PictureRequest, open_picture: OpenPicture
) -> None:
    from model.pictures.write import write_png

    for number, picture in pictures:
        with open_picture(number) as file:
            write_png(picture, file, request.bits)
