"""By how much probabilities move where large JPEG 2000 frames are decoded at a lower resolution.

``python -m tests.measure.reduced_jpeg_2000 200`` takes the large films of ../shared, so many of its small
ones enlarged to the least sizes at which one and two levels of resolution are left out, and its radiographs
in DICOM. Each is encoded as JPEG 2000, lossless and lossy, and the released network is asked about the whole
and about what is left. The films have 8 bits, and are encoded with 12, as radiographs have: with 8 nothing is
left out. It may be the default as long as no probability moves by more than 0.01, and 99 of 100 by no more
than 0.005.
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
from model.reading.network_input import REDUCED, least_side
from model.reading.prepare import prepare
from model.release import find_release, open_release
from tests.support.dicom_files import encapsulated
from tests.support.shared import SHARED

MOST, MOST_OF_99 = 0.01, 0.005
FILM_BITS = 12
LEVEL = 60  # dB, of the lossy ones
_LOSSLESS, _LOSSY = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"


def films(enlarged, input_size):
    """Yield kind, stored values and bits of each picture."""
    for path in sorted((SHARED / "fracatlas" / "full_size").glob("*.jpg")):
        yield "large films", _of_12_bits(_grey(path)), FILM_BITS
    paths = sorted((SHARED / "fracatlas" / "images").glob("*.jpg"))
    for number, path in enumerate(paths[:: max(1, len(paths) // max(enlarged, 1))][:enlarged]):
        picture = _grey(path)
        for levels in (1, 2) if number % 8 == 0 else (1,):  # those of 13 megapixels take their time
            longer = least_side(input_size) << levels
            scale = longer / max(picture.shape)
            rows, columns = (round(side * scale) for side in picture.shape)
            large = cv2.resize(picture.astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
            yield f"films enlarged to {longer}, 1/{1 << levels}", _of_12_bits(large), FILM_BITS
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


def _of_12_bits(picture):
    white = (1 << FILM_BITS) - 1
    return np.rint(np.clip(picture * (white / 255), 0, white)).astype(np.uint16)


def as_jpeg_2000(pixels, bits, *, is_exact):
    """Give a DICOM file with one JPEG 2000 frame."""
    how = {"reversible": True, "level": 0} if is_exact else {"reversible": False, "level": LEVEL}
    frame = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=bits, **how)
    syntax = _LOSSLESS if is_exact else _LOSSY
    return encapsulated(pixels, [frame], syntax, BitsStored=bits, HighBit=bits - 1)


def timed(data, *, may_reduce):
    """Prepare a file; give what came of it and the seconds of a processor."""
    began = time.process_time()
    return prepare(data, may_reduce=may_reduce), time.process_time() - began


def main(enlarged):
    """Print how far probabilities move, by kind; return whether it may be the default."""
    release = open_release(find_release())
    network = open_classifier(release, "litert")._engine

    def probability(prepared):
        picture = (prepared.inputs / 65535).astype(np.float32)[..., None]
        return release.calibration.score(float(network.evaluate(picture).logit.ravel()[0]))

    moves, spent = defaultdict(list), defaultdict(lambda: np.zeros(2))
    for kind, pixels, bits in films(enlarged, release.shape.input_size):
        for is_exact in (True, False):
            data = as_jpeg_2000(pixels, bits, is_exact=is_exact)
            (whole, whole_s), (less, less_s) = (timed(data, may_reduce=may) for may in (False, True))
            if REDUCED in less.warnings:
                name = f"{kind}, {'lossless' if is_exact else 'lossy'}"
                moves[name].append(abs(probability(less) - probability(whole)))
                spent[name] += whole_s, less_s
    for name, found in moves.items():
        say(
            f"{name}: {len(found)}; moved by {np.median(found):.4f} (median), "
            f"{np.percentile(found, 99):.4f} (99 of 100), {max(found):.4f} (most); "
            f"processor time {spent[name][0] / spent[name][1]:.1f} to 1"
        )
    passes = all(max(found) <= MOST and np.percentile(found, 99) <= MOST_OF_99 for found in moves.values())
    say("passed" if passes else "NOT passed")
    return passes


def say(line):
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1])))
