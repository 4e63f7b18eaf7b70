"""By how much probabilities move where large JPEG 2000 frames are decoded at half their size.

``python -m tests.measure.half_size 200`` takes the large films of ../shared, so many of its small ones
enlarged, and its large radiographs in DICOM, encodes each as lossless JPEG 2000, and asks the released
network about the whole picture and about half of it. The setting may become the default once no probability
moves by more than 0.01, and 99 of 100 by no more than 0.005.
"""

import sys
import time
from collections import defaultdict

import cv2
import imagecodecs
import numpy as np
from PIL import Image

from model.classifier import open_classifier
from model.errors import ScanError
from model.reading.decode import Limits, open_scan
from model.reading.network_input import HALF_SIZE
from model.reading.prepare import prepare
from model.release import find_release, open_release
from tests.support.dicom_files import encapsulated
from tests.support.shared import SHARED

MOST, MOST_OF_99 = 0.01, 0.005
ENLARGED = 2300  # pixels of the longer side
_LOSSLESS = "1.2.840.10008.1.2.4.90"


def films(enlarged):
    """Yield kind, stored values and bits of each picture, as large as those that are halved."""
    for path in sorted((SHARED / "fracatlas" / "full_size").glob("*.jpg")):
        yield "large films", _grey(path), 8
    paths = sorted((SHARED / "fracatlas" / "images").glob("*.jpg"))
    for path in paths[:: max(1, len(paths) // max(enlarged, 1))][:enlarged]:
        picture = _grey(path)
        scale = ENLARGED / max(picture.shape)
        yield (
            "enlarged films",
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC),
            8,
        )
    for path in sorted((SHARED / "dicom" / "radiograph").glob("*.dcm")):
        try:
            frame = next(iter(open_scan(path.read_bytes(), Limits()).frames()))
        except ScanError:
            continue
        if frame.stored.ndim == 2 and frame.stored.dtype.kind == "u":
            yield "DICOM radiographs", frame.stored, max(8, int(frame.stored.max()).bit_length())


def _grey(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def as_jpeg_2000(pixels, bits):
    """Give a DICOM file with one lossless JPEG 2000 frame."""
    frame = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=bits, reversible=True, level=0)
    return encapsulated(pixels, [frame], _LOSSLESS, BitsStored=bits, HighBit=bits - 1)


def timed(data, *, may_halve):
    """Prepare a file; give what came of it and the seconds of a processor."""
    began = time.process_time()
    return prepare(data, may_halve=may_halve), time.process_time() - began


def main(enlarged):
    """Print how far probabilities move, by kind; return whether the setting could be the default."""
    release = open_release(find_release())
    network = open_classifier(release, "litert")._engine

    def probability(prepared):
        picture = (prepared.inputs / 65535).astype(np.float32)[..., None]
        return release.calibration.score(float(network.evaluate(picture).logit.ravel()[0]))

    moves, spent = defaultdict(list), np.zeros(2)
    for kind, pixels, bits in films(enlarged):
        data = as_jpeg_2000(pixels, bits)
        (whole, whole_s), (half, half_s) = (timed(data, may_halve=may) for may in (False, True))
        if HALF_SIZE in half.warnings:
            moves[kind].append(abs(probability(half) - probability(whole)))
            spent += whole_s, half_s
    for kind, found in moves.items():
        say(
            f"{kind}: {len(found)}; moved by {np.median(found):.4f} (median), "
            f"{np.percentile(found, 99):.4f} (99 of 100), {max(found):.4f} (most)"
        )
    everything = np.concatenate(list(moves.values()))
    passes = everything.max() <= MOST and np.percentile(everything, 99) <= MOST_OF_99
    say(f"processor time, whole over half: {spent[0] / spent[1]:.1f}; {'passed' if passes else 'NOT passed'}")
    return passes


def say(line):
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1])))
