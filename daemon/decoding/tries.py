"""What a file may use at each of its tries: what an ordinary scan needs, then all that is left to it."""

from dataclasses import replace
from typing import Final

from daemon.decoding.limits import ChildLimits

_LEAST_SHARE: Final = 0.1
"""Of the deadline: with less than that left there is no further try."""
_FRAME_PIXELS: Final = 24_000_000  # a large mammogram
_SCAN_PIXELS: Final = 48_000_000
_INFLATED_BYTES: Final = 100 << 20
_SHARE: Final = 1 / 3
_ORDINARY_PROCESSOR_S: Final = 2.0
_ASIDE_PROCESSOR_S: Final = 5.0
"""Of a processor, for a look at a file's structure, or its hash alone."""
_GLANCE_S: Final = 0.1
"""Of a processor, for the first look at a structure: one that takes longer goes on in the slow lane."""
_LEAST_HASH_S: Final = 1.5
"""For the hash of a file that used up its deadline: its answer is promised two seconds after that."""


def ordinary(limits: ChildLimits) -> ChildLimits:
    """Return the limits of a first try.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.

    Returns
    -------
    ChildLimits
        Those of an ordinary scan, never more than `limits`: two seconds of a processor and a third of the
        deadline, and no more for many frames.
    """
    pixels = replace(
        limits.pixels,
        max_pixels_per_frame=min(limits.pixels.max_pixels_per_frame, _FRAME_PIXELS),
        max_pixels_per_scan=min(limits.pixels.max_pixels_per_scan, _SCAN_PIXELS),
        max_inflated_bytes=min(limits.pixels.max_inflated_bytes, _INFLATED_BYTES),
    )
    return replace(
        limits,
        pixels=pixels,
        slow_lane=limits.pixels,
        deadline_s=limits.deadline_s * _SHARE,
        deadline_per_frame_s=0,
        processor_s=_ORDINARY_PROCESSOR_S,
    )


def remaining(limits: ChildLimits, used_s: float) -> ChildLimits | None:
    """Return the limits of a further try: all tries together have the deadline.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.
    used_s : float
        Seconds that children were busy with the file before.

    Returns
    -------
    ChildLimits or None
        None if too little of the deadline is left to try.
    """
    left = limits.deadline_s - used_s
    return replace(limits, deadline_s=left) if left > limits.deadline_s * _LEAST_SHARE else None


def once_more(limits: ChildLimits, last: ChildLimits, used_s: float) -> ChildLimits:
    """Return the limits of a try that takes the place of one whose child was killed from outside.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.
    last : ChildLimits
        Of the try that has no end of its own.
    used_s : float
        Seconds that children were busy with the file, that try among them.

    Returns
    -------
    ChildLimits
        In the time that is left, or a little.
    """
    left = max(limits.deadline_s - used_s, limits.deadline_s * _LEAST_SHARE)
    return replace(last, deadline_s=min(last.deadline_s, left))


def aside(limits: ChildLimits) -> ChildLimits:
    """Return the limits of a look at a file's structure, which takes no part in the lanes at first.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.

    Returns
    -------
    ChildLimits
        With seconds of a processor.
    """
    return replace(limits, processor_s=_ASIDE_PROCESSOR_S)


def glance(limits: ChildLimits) -> ChildLimits:
    """Return the limits of the first look at a file's structure.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.

    Returns
    -------
    ChildLimits
        As of `aside`; it gives up by itself before.
    """
    return replace(aside(limits), glance_s=_GLANCE_S)


def for_hash(limits: ChildLimits, used_s: float) -> ChildLimits:
    """Return the limits with which a file is hashed that is blamed already.

    Parameters
    ----------
    limits : ChildLimits
        What the settings allow.
    used_s : float
        Seconds that children were busy with the file before.

    Returns
    -------
    ChildLimits
        In the time that is left, or a little.
    """
    return replace(aside(limits), deadline_s=max(_LEAST_HASH_S, limits.deadline_s - used_s))
