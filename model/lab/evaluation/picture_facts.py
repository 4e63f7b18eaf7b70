"""What groups a picture belongs to besides its provenance: body region, size, and whether it has hardware."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model.errors import ScanError
from model.lab.dataset.examples import Example
from model.reading.prepare import open_pictures

UNKNOWN = "unknown"

WITHOUT_HARDWARE = "none"
_HARDWARE: dict[str | None, str] = {"0": WITHOUT_HARDWARE, "1": "seen"}
_SIZES = (128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Groups of one picture.

    Parameters
    ----------
    region : str
        Column `region` of the manifest, else Body Part Examined (0018,0015) in small letters; or `unknown`.
    size : str
        By the longer side, in pixels: `up to 128`, `up to 256`, ..., `above 1024`; or `unknown`.
    hardware : str
        Whether nails, plates or fixators are seen, by the manifest: `seen`, `none`; or `unknown`.
    """

    region: str = UNKNOWN
    size: str = UNKNOWN
    hardware: str = UNKNOWN


def picture_facts(examples: Sequence[Example], data: Path | None = None) -> dict[str, PictureFacts]:
    """Find the groups of labelled pictures; no pixel is decoded.

    Parameters
    ----------
    examples : sequence of Example
    data : Path, optional
        Where they were read from: its manifest may have regions and the column `hardware`.

    Returns
    -------
    dict of str to PictureFacts
        By sha256.
    """
    regions, hardware = (
        manifest_column(data, column) if data is not None else {} for column in ("region", "hardware")
    )
    return {
        example.sha256: _facts(
            example, regions.get(example.path), _HARDWARE.get(hardware.get(example.path), UNKNOWN)
        )
        for example in examples
    }


def _facts(example: Example, region: str | None, hardware: str) -> PictureFacts:
    try:
        header = open_pictures(example.path.read_bytes()).header
    except (OSError, ScanError):
        return PictureFacts(region or UNKNOWN, hardware=hardware)
    part = (header.body_part_examined or "").strip().lower()
    longer = max(header.rows or 0, header.columns or 0)
    return PictureFacts(
        region or part or UNKNOWN, size_class(longer) if longer else UNKNOWN, hardware=hardware
    )


def size_class(longer: int) -> str:
    """Name the class of a picture whose longer side has so many pixels.

    Parameters
    ----------
    longer : int

    Returns
    -------
    str
    """
    return next((f"up to {limit}" for limit in _SIZES if longer <= limit), f"above {_SIZES[-1]}")


def in_reading_order(name: str) -> tuple[bool, bool, str]:
    """Return the sort key of groups: numbers by size, above all of them and unknown last.

    Parameters
    ----------
    name : str

    Returns
    -------
    tuple of (bool, bool, str)
    """
    return name == UNKNOWN, name.startswith("above"), re.sub(r"\d+", lambda found: found[0].zfill(6), name)


def manifest_column(data: Path, column: str) -> dict[Path, str]:
    """Return a column of the manifest by the path of each file; empty if there is no such column.

    Parameters
    ----------
    data : Path
    column : str

    Returns
    -------
    dict of Path to str
    """
    manifest = data / "manifest.csv" if data.is_dir() else data
    if not manifest.is_file():
        return {}
    images = manifest.parent / "images"
    folder = images if images.is_dir() else manifest.parent
    with manifest.open(newline="", encoding="utf-8") as stream:
        rows = csv.DictReader(stream)
        if column not in (rows.fieldnames or ()):
            return {}
        return {folder / row["file"]: row[column].strip() for row in rows if row[column].strip()}
