"""A folder of labelled pictures on disk, as a hospital would have it."""

from pathlib import Path

from PIL import Image

from model.lab.dataset.examples import CLASSES
from tests.support.labelled import labelled


def write_labelled(folder: Path, count: int, seed: int = 1) -> Path:
    """Write 16-bit PNGs into a sub-folder a class; every second one is fractured."""
    for example, picture in zip(*labelled(count, seed), strict=True):
        path = folder / CLASSES[example.label] / f"{example.sha256[:8]}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return folder
