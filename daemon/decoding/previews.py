"""What a child does beside its work: small pictures of the frames that it has in memory anyway.

They are for people to look at. Nothing else hangs on them: where one cannot be made the scan goes on without.
"""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from daemon.decoding.messages import MOST_PREVIEW_BYTES, Decoded, FramePreview

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class PreviewMaker:
    """Make small pictures of the first frames of a file.

    Parameters
    ----------
    frames : int
        Of so many frames; 0: of none.
    """

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._made: list[FramePreview] = []
        self._seconds = 0.0

    def show(self, picture: "NDArray[np.uint16]") -> None:
        """Take the next frame, as a viewer shows it.

        Parameters
        ----------
        picture : ndarray, shape (rows, columns), uint16
            0 black, 65535 white.
        """
        if len(self._made) >= self._frames:
            return
        from model.pictures.small import small_pictures  # as `model.reading.prepare` in `decode`

        started = time.monotonic()
        pair = small_pictures(picture)
        if pair is not None and sum(map(len, pair)) <= MOST_PREVIEW_BYTES:
            self._made.append(FramePreview(*pair))
        else:
            self._frames = 0  # they are numbered by their place, so none follows one that is missing
        self._seconds += time.monotonic() - started

    def added_to(self, answer: Decoded) -> Decoded:
        """Return an answer with the small pictures, if there is a scan to classify.

        Parameters
        ----------
        answer : Decoded

        Returns
        -------
        Decoded
            Its stage ``decode`` without what they took, which is the stage ``preview``.
        """
        if not self._made or answer.inputs is None:
            return answer
        spent = answer.durations
        durations = {**spent, "decode": max(0.0, spent["decode"] - self._seconds), "preview": self._seconds}
        return replace(answer, previews=tuple(self._made), durations=durations)
