"""What a coordinator wants of its cluster."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from daemon.execution.dask.messages import Preparation, Probe

if TYPE_CHECKING:
    from daemon.execution.dask.link import Link

_MARGIN_S: Final = 60.0
"""For a worker to answer after the deadline of the file itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a coordinator wants of its cluster.

    Parameters
    ----------
    address : str
        Of the scheduler.
    connect : callable
        Makes a `Link`; raises ClusterAwayError.
    preparation : Preparation
    probe : Probe
    release_files : callable
        Gives the files of the release by name, for a worker that lacks it.
    """

    address: str
    connect: "Callable[[], Link]"
    preparation: Preparation
    probe: Probe
    release_files: Callable[[], Mapping[str, bytes]]

    @property
    def longest_s(self) -> float:
        """Seconds after which a worker that has not answered for a file is taken for dead."""
        limits = self.preparation.limits
        return limits.deadline_s + limits.deadline_per_frame_s * limits.pixels.max_frames + _MARGIN_S
