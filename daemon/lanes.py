"""What a file may use at its first try, and at a second: ordinary scans never wait long for others.

Every file is tried with the limits of an ordinary scan first. One that is larger, takes longer, or breaks its
child goes to the slow lane, where half of the children take one file after the other with all that the
settings allow. So fifty files that burn their whole deadline leave the way free for the scans behind them.
"""

from dataclasses import replace
from typing import Final

from daemon.decode_child import ChildLimits

_FRAME_PIXELS: Final = 24_000_000  # a large mammogram
_SCAN_PIXELS: Final = 48_000_000
_INFLATED_BYTES: Final = 100 << 20
_SHARE: Final = 1 / 3


def ordinary(limits: ChildLimits) -> ChildLimits:
    """Give the limits of a first try.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.

    Returns
    -------
    ChildLimits
        Those of an ordinary scan, with a third of the time; never more than `limits`.
    """
    pixels = replace(
        limits.pixels,
        max_pixels_per_frame=min(limits.pixels.max_pixels_per_frame, _FRAME_PIXELS),
        max_pixels_per_scan=min(limits.pixels.max_pixels_per_scan, _SCAN_PIXELS),
        max_inflated_bytes=min(limits.pixels.max_inflated_bytes, _INFLATED_BYTES),
    )
    return replace(limits, pixels=pixels, deadline_s=limits.deadline_s * _SHARE)


def second(limits: ChildLimits) -> ChildLimits:
    """Give the limits of a try after one that broke its child: both together have the deadline."""
    return replace(limits, deadline_s=limits.deadline_s * (1 - _SHARE))
