"""Limits of decoding children that no honest test file comes near."""

from daemon.decoding.limits import ChildLimits
from model.reading.decode import Limits
from tests.support.deadlines import scaled

LIMITS = ChildLimits(
    deadline_s=scaled(20),
    deadline_per_frame_s=1,
    memory_bytes=2 << 30,
    max_file_bytes=1 << 26,
    pixels=Limits(),
)
