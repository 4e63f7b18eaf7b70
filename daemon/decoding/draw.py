"""What a child does for heat maps: it opens the pictures of a file, and writes them with the maps."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daemon.decoding.decode import answer_file
from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import CANNOT_WRITE, Decoded, HeatMapRequest, OpenPicture
from daemon.errors import errno_name
from model.header import Header
from storage.vocabulary import FAILED

if TYPE_CHECKING:
    from model.reading.prepare import Pictures


def draw_file(
    descriptor: int, limits: ChildLimits, request: HeatMapRequest, open_picture: OpenPicture
) -> Decoded:
    """Write the pictures of a file, full size, with what raised their scores.

    Parameters
    ----------
    descriptor : int
        The file, open to be read.
    limits : ChildLimits
    request : HeatMapRequest
    open_picture : callable
        Gives a picture's file by its number.

    Returns
    -------
    Decoded
        Without inputs; ``cannot_write``, and why as the warning, if the disk took no picture.
    """
    from model.reading.prepare import open_pictures  # as in `daemon.decoding.decode`

    def draw(data: bytes, extend: Callable[[Header], None]) -> dict[str, Any]:
        pictures = open_pictures(data, limits.pixels)
        extend(pictures.header)
        try:
            _write(pictures, request, open_picture)
        except OSError as error:
            return {"outcome": FAILED, "error_code": CANNOT_WRITE, "warnings": (errno_name(error),)}
        return {"header": pictures.header, "warnings": tuple(sorted(pictures.warnings))}

    return answer_file(descriptor, limits, draw)


def _write(pictures: "Pictures", request: HeatMapRequest, open_picture: OpenPicture) -> None:
    from model.pictures.heat_map import LEGEND, LEGEND_OF_ABSTAINED, read_map, write_overlay

    for number, (picture, heat_map) in enumerate(zip(pictures, request.maps, strict=False), start=1):
        if heat_map is not None:
            legend = LEGEND_OF_ABSTAINED if number in request.abstained else LEGEND
            with open_picture(number) as file:
                write_overlay(picture, read_map(heat_map), file, legend)
