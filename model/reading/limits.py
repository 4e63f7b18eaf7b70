"""What a scan may ask for before it is refused."""

from dataclasses import dataclass

from model.errors import BadHeader, TooLarge


@dataclass(frozen=True, slots=True)
class Limits:
    """What a scan may ask for before it is refused.

    Attributes
    ----------
    max_pixels_per_frame : int
        Rows times columns of one frame.
    max_frames : int
        Frames of a scan.
    max_pixels_per_scan : int
        Pixels of all its frames together: a second of work for each hundred million or so.
    max_inflated_bytes : int
        Bytes that a deflated data set may grow to; inflating takes twice as much memory.
    """

    max_pixels_per_frame: int = 64_000_000
    max_frames: int = 500
    max_pixels_per_scan: int = 2_000_000_000
    max_inflated_bytes: int = 1 << 29

    def check(self, rows: int, columns: int, frames: int) -> None:
        """Refuse a picture beyond the limits.

        Parameters
        ----------
        rows, columns, frames : int

        Raises
        ------
        BadHeader
            A dimension is below 1.
        TooLarge
            A limit is exceeded.
        """
        if min(rows, columns, frames) < 1:
            raise BadHeader("the header gives a picture without rows, columns or frames")
        if rows * columns > self.max_pixels_per_frame:
            what = f"a frame of more than {self.max_pixels_per_frame} pixels"
        elif frames > self.max_frames:
            what = f"more than {self.max_frames} frames"
        elif rows * columns * frames > self.max_pixels_per_scan:
            what = f"more than {self.max_pixels_per_scan} pixels in all"
        else:
            return
        raise TooLarge(what, size=(rows, columns, frames))

    def may_take(self, error: TooLarge) -> bool:
        """Return whether a file that other limits refused may be within these.

        Parameters
        ----------
        error : TooLarge
            How the others refused it.

        Returns
        -------
        bool
            False for what no limit can change.
        """
        if error.size is None:
            return error.inflated_bytes is not None and error.inflated_bytes <= self.max_inflated_bytes
        try:
            self.check(*error.size)
        except TooLarge:
            return False
        return True
