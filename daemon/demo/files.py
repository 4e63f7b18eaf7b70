"""The files of the demo: real scans out of packages, what can be made of one, and one with a break drawn in.

The scans are those of pydicom-data (MIT) and pydicom (MIT). Neither has a film of a fracture, so one is
drawn into the film of a whole leg; its name says so.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from daemon.errors import MissingFileError

COPIES: Final = {
    "leg/uncompressed.dcm": ("data_store", "data/RG3_UNCR.dcm"),
    "leg/jpeg-2000-lossless.dcm": ("data_store", "data/RG3_J2KR.dcm"),
    "leg/jpeg-2000.dcm": ("data_store", "data/RG3_J2KI.dcm"),
    "leg/the-same-again.dcm": ("data_store", "data/RG3_J2KI.dcm"),
    "chest/jpeg-2000.dcm": ("data_store", "data/RG1_J2KI.dcm"),
    "head/rle-10-frames.dcm": ("data_store", "data/emri_small_RLE.dcm"),
    "report/no-image.dcm": ("pydicom", "data/test_files/reportsi.dcm"),
}
"""Name in the demo's inbox, and the package and file that it is a copy of."""

LEG: Final = "leg/uncompressed.dcm"
MADE: Final = (
    "leg/as-a-picture.png",
    "leg/as-a-picture.jpg",
    "leg/break-drawn-in.png",
    "leg/break-drawn-in.jpg",
    "leg/cut-short.dcm",
)
FILES: Final = (*COPIES, *MADE)
SHAFT: Final = (0.36, 0.5)
"""Row and column of the shin in the film of the leg, as shares of its sides: where it is broken."""


def make_files(folder: Path) -> list[str]:
    """Make the files of the demo.

    Parameters
    ----------
    folder : Path
        Will hold them.

    Returns
    -------
    list of str
        Their paths below it.

    Raises
    ------
    MissingFileError
        The packages are not installed.
    """
    from model.pictures.write import write_jpeg, write_png
    from model.reading.prepare import open_pictures
    from model.synthetic.fracture import Break, draw_break

    for name, (package, path) in COPIES.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_package_file(package, path), target)
    leg = (folder / LEG).read_bytes()
    picture = next(iter(open_pictures(leg)))
    broken = draw_break(picture, Break(*SHAFT))
    for one, name in ((picture, "as-a-picture"), (broken, "break-drawn-in")):
        write_png(one, folder / "leg" / f"{name}.png")
        write_jpeg(one, folder / "leg" / f"{name}.jpg")
    (folder / "leg" / "cut-short.dcm").write_bytes(leg[: len(leg) // 2])
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _package_file(package: str, path: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise MissingFileError("the demo's scans are not installed: use `make demo` in a checkout")
    return Path(found.submodule_search_locations[0]) / path
