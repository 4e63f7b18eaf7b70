"""A pool of decoding children, as the settings want it."""

import os
from pathlib import Path

from daemon.decoding.forkserver import leave_closed_folder
from daemon.decoding.limits import ChildLimits
from daemon.decoding.pool import DecoderPool
from daemon.settings.fields import Settings
from daemon.spool.mounts import filesystem_type, keeps_holes
from daemon.spool.preview_files import PREVIEW_FRAMES
from model.reading.decode import Limits
from model.reading.eligibility import Eligibility
from model.reading.network_input import INPUT_SIZE

_MEGABYTE = 1 << 20


def open_pool(
    settings: Settings,
    input_size: int = INPUT_SIZE,
    folder: Path | None = None,
    *,
    makes_previews: bool = False,
) -> DecoderPool:
    """Make the pool of decoding children; it is a context manager and starts with the first file.

    Parameters
    ----------
    settings : Settings
    input_size : int
        Rows and columns of the network's input, for scans that are to be classified.
    folder : Path, optional
        Where files lie that others may still write: on a local disk their holes count.
    makes_previews : bool
        Scans that are to be classified come with small pictures.

    Returns
    -------
    DecoderPool
    """
    limits = ChildLimits(
        deadline_s=settings.deadline_s,
        deadline_per_frame_s=settings.deadline_per_frame_s,
        memory_bytes=settings.decode_memory_mb * _MEGABYTE,
        max_file_bytes=settings.max_file_mb * _MEGABYTE,
        pixels=Limits(
            max_pixels_per_frame=int(settings.max_megapixels * 1_000_000),
            max_frames=settings.max_frames,
            max_pixels_per_scan=int(settings.max_scan_megapixels * 1_000_000),
        ),
        eligibility=eligibility(settings),
        may_reduce=settings.half_size_jpeg_2000,
        input_size=input_size,
        trusts_holes=folder is not None and keeps_holes(filesystem_type(folder)),
        preview_frames=PREVIEW_FRAMES if makes_previews else 0,
    )
    leave_closed_folder()
    workers = settings.decode_workers or len(os.sched_getaffinity(0))
    return DecoderPool(workers, limits, tasks_per_child=settings.decode_tasks_per_child)


def eligibility(settings: Settings) -> Eligibility:
    """Say which scans the settings want to be classified.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    Eligibility
    """
    return Eligibility(
        modalities=frozenset(settings.modalities),
        exclude_modalities=frozenset(settings.exclude_modalities),
        body_parts=frozenset(settings.body_parts),
        exclude_body_parts=frozenset(settings.exclude_body_parts),
        presentation=settings.presentation,
        takes_secondary_captures=settings.secondary_captures,
        takes_derived=settings.derived_images,
        takes_localizers=settings.localizers,
    )
