"""What the page shows of a scan's pixels: thumbnail, picture, heat map."""

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from daemon.errors import MissingFileError
from daemon.web.scan_frames import answered_frames
from model.pictures.heat_map import draw_map, read_map
from model.pictures.outlines import draw_outlines
from storage.scan_detail import scan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from starlette.requests import Request

    from daemon.web.drawings import Drawings
    from storage.engine import Engine
    from storage.scan_detail import ScanDetail

_AN_HOUR: Final = {"cache-control": "private, max-age=3600"}


class ScanPictures:
    """Gives pictures; each method is an endpoint that answers in a thread of Starlette's.

    Parameters
    ----------
    engine : Engine
        Read-only.
    drawings : Drawings
    """

    def __init__(self, engine: "Engine", drawings: "Drawings") -> None:
        self._engine = engine
        self._drawings = drawings

    def thumbnail(self, request: "Request") -> Response:
        """Give a small picture of a frame: the one that was kept, else one that is drawn.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response
            A JPEG or a PNG.
        """
        return self._kept_or_drawn(request, is_small=True)

    def preview(self, request: "Request") -> Response:
        """Give a picture of a frame that fills a screen: the one that was kept, else all of it.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response
            A JPEG or a PNG.
        """
        return self._kept_or_drawn(request, is_small=False)

    def picture(self, request: "Request") -> Response:
        """Give a frame as large as it is.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response
            A PNG.
        """
        return _png(self._drawings.picture(self._detail(request), request.path_params["frame"]))

    def heat_map(self, request: "Request") -> Response:
        """Give the heat map of a frame alone, for the square that the network saw.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response
            A PNG with transparency.

        Raises
        ------
        MissingFileError
            The row holds no map.
        """
        return _png(draw_map(self._map(request)))

    def outlines(self, request: "Request") -> Response:
        """Give the outlines of what raised the score, for the square that the network saw.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response
            An SVG with transparency.

        Raises
        ------
        MissingFileError
            The row holds no map.
        """
        return Response(draw_outlines(self._map(request)), media_type="image/svg+xml", headers=_AN_HOUR)

    def overlay(self, request: "Request") -> Response:
        """Give the heat map of a frame over its picture, with a legend, as `inboxray heatmap` draws it.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response
            A PNG.
        """
        return _png(self._drawings.heat_map(self._detail(request), request.path_params["frame"]))

    def _map(self, request: "Request") -> "NDArray[np.float32]":
        for row in answered_frames(self._detail(request)):
            if row["frame"] == request.path_params["frame"] and row["heat_map"] is not None:
                return read_map(row["heat_map"])
        raise MissingFileError("the row of this scan holds no heat map of that frame")

    def _kept_or_drawn(self, request: "Request", *, is_small: bool) -> Response:
        detail, frame = self._detail(request), request.path_params["frame"]
        kept = self._drawings.kept(detail, frame, is_small=is_small)
        if kept is not None:
            return Response(kept, media_type="image/jpeg", headers=_AN_HOUR)
        return _png(self._drawings.picture(detail, frame, is_small=is_small))

    def _detail(self, request: "Request") -> "ScanDetail":
        detail, frame = scan(self._engine, request.path_params["scan_id"]), request.path_params["frame"]
        if not 1 <= frame <= (detail.scan["frames"] or 1):
            raise MissingFileError(f"scan {detail.scan['scan_id']} has no such frame")
        return detail


def _png(content: bytes) -> Response:
    return Response(content, media_type="image/png", headers=_AN_HOUR)
