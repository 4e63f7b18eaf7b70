"""The same results: the daemon's probabilities against the reference path.

The reference decodes in full, maps to grey in float64 without any table, averages areas in float64, and asks
the Keras network that the release was made from.
"""

import shutil
import sqlite3
import statistics
from contextlib import closing

import cv2
import numpy as np

from model.classifier import open_classifier
from model.errors import ScanError
from model.reading.decode import Limits, open_scan
from model.reading.display import LookupTable, Rescale, Window
from model.reading.network_input import INPUT_SIZE
from model.reading.normalise import STRETCH_PERCENTILES
from model.reading.preprocess import letterbox
from model.release import find_release, open_release
from tests.support.shared import SHARED

LUMA = (0.299, 0.587, 0.114)


def real_radiographs(folder, count):
    """Copy real radiographs of the data folder, labelled pictures and DICOM; none where it is absent."""
    folder.mkdir(parents=True)
    pictures = sorted((SHARED / "xray" / "images").glob("*"))
    step = max(1, len(pictures) // max(count, 1))
    found = [*pictures[::step][:count], *sorted((SHARED / "dicom" / "radiograph").glob("*.dcm"))]
    return [
        shutil.copyfile(path, folder / f"real-{number}{path.suffix}") for number, path in enumerate(found)
    ]


def compare_with_reference(files, daemon):
    """Give the differences between probabilities, of all files that the daemon classified."""
    kept = daemon.folder.with_name(daemon.folder.name + "-kept")
    kept.mkdir(parents=True)
    copies = {path.name: shutil.copyfile(path, kept / path.name) for path in files}
    with daemon:
        for path in files:
            path.rename(daemon.inbox / path.name)
        daemon.wait_for(len(files))
        with closing(sqlite3.connect(daemon.folder / "results.db")) as database:
            query = "SELECT source_name, probability FROM scans WHERE outcome = 'classified' AND frames = 1"
            given = dict(database.execute(query).fetchall())
    release = open_release(find_release())
    network = open_classifier(release, "tensorflow")._engine
    differences, beyond = [], 0
    for name, probability in given.items():
        picture = reference_picture(copies[name].read_bytes())
        if picture is None:
            beyond += 1
            continue
        logit = network.evaluate(picture[None, ..., None].astype(np.float32)).logit[0, 0]
        differences.append(abs(release.calibration.score(float(logit)) - probability))
    shutil.rmtree(kept)
    return {
        "compared": len(differences),
        "beyond_reference": beyond,
        "largest": max(differences),
        "median": statistics.median(differences),
    }


def reference_picture(data):
    """Show a file by float64 arithmetic alone: (224, 224) in [0, 1]; None for a display not written here."""
    try:
        frame = next(open_scan(data, Limits()).frames())
    except ScanError:
        return None
    stored, display = frame.stored, frame.display
    if display.palette is not None or stored.dtype.kind == "f":
        return None
    highest = 2.0**display.bits_stored - 1
    values = stored.astype(np.float64)
    if stored.ndim == 3:
        if display.photometric_interpretation != "RGB":
            return None
        shown = values @ np.array(LUMA) / highest
    else:
        if display.high_bit != display.bits_stored - 1 or display.padding is not None:
            return None
        shown = _shown(values % 2**display.bits_stored, display, highest)
    if shown is None:
        return None
    box = letterbox(*shown.shape)
    method = cv2.INTER_AREA if box.scale <= 1 else cv2.INTER_LINEAR
    square = np.zeros((INPUT_SIZE, INPUT_SIZE))
    small = cv2.resize(np.clip(shown, 0, 1), (box.width, box.height), interpolation=method)
    square[box.top : box.top + box.height, box.left : box.left + box.width] = small
    return square


def _shown(values, display, highest):
    if display.is_signed:
        values = np.where(values > highest / 2, values - highest - 1, values)
    if isinstance(display.modality, Rescale):
        values = values * display.modality.slope + display.modality.intercept
    if isinstance(display.modality, LookupTable) or isinstance(display.voi, LookupTable):
        return None
    if isinstance(display.voi, Window):
        if display.voi.function != "LINEAR":
            return None
        shown = (values - (display.voi.center - 0.5)) / (display.voi.width - 1) + 0.5
    elif display.is_display_ready:
        shown = values / highest
    else:
        low, high = np.percentile(values, STRETCH_PERCENTILES, method="inverted_cdf")
        if not low < high:
            return None
        shown = (values - low) / (high - low)
    shown = np.clip(shown, 0, 1)
    return 1 - shown if display.photometric_interpretation == "MONOCHROME1" else shown
