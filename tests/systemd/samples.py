"""Scans of every kind for a service just installed: python -m tests.systemd.samples FOLDER NUMBER."""

import sys
from pathlib import Path

from tests.support.pictures import dicom_bytes, jpeg_bytes, png_bytes


def write_samples(folder: Path, number: int) -> None:
    """Write DICOM, PNG and JPEG files in turn, each tenth of them cut short or no picture at all."""
    for seed in range(number):
        kind = seed % 10
        if kind == 9:
            name, data = f"{seed:02d}.bin", b"no picture\n" * (seed + 1)
        elif kind == 8:
            name, data = f"{seed:02d}.dcm", dicom_bytes(seed)[:-500]
        elif kind in (6, 7):
            name, data = f"{seed:02d}.jpg", jpeg_bytes(seed)
        elif kind in (4, 5):
            name, data = f"{seed:02d}.png", png_bytes(seed)
        else:
            name, data = f"{seed:02d}.dcm", dicom_bytes(seed)
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]), int(sys.argv[2]))
