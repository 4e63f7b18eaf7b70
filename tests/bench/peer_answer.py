"""What a process of the pool in Orthanc's plug-in does with an instance: the usual way, tuned.

pydicom reads and decodes. Its steps for the modality and the window are applied to a table of all stored
values instead of to every pixel, which is what the textbook's way (`tests.bench.naive`) spends most on.
OpenCV looks the pixels up and averages areas, LiteRT runs the released network, and the answer is a row and a
commit by a connection of the process's own. For unsigned grey values, which all of the mix are.
"""

import ctypes
import signal
import sqlite3
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pydicom
from ai_edge_litert.interpreter import Interpreter
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from model.release import Release, find_release, open_release

_TABLE = "CREATE TABLE scans (seq INTEGER PRIMARY KEY, sop_instance_uid TEXT, probability REAL, error TEXT)"
_ROW = "INSERT INTO scans (sop_instance_uid, probability, error) VALUES (?, ?, ?)"
_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")  # as inboxray has them
_BUSY_S = 60
_WHITE = 65535
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class _Means:
    """What a process makes once: its connection, the release, and the network's only signature."""

    database: sqlite3.Connection
    release: Release
    network: Any


_means = None


def make_database(path):
    """Make the database of answers."""
    database = _connect(path)
    database.execute(_TABLE)
    database.close()


def _connect(path):
    database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)  # each statement is a commit
    for setting in _SETTINGS:
        database.execute(setting)
    return database


def begin(path):
    """Make ready, once a process: it ends with Orthanc, however that ends, and by no key on a terminal.

    Parameters
    ----------
    path : str
        Of the database.
    """
    global _means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    cv2.setNumThreads(1)
    release = open_release(find_release())
    interpreter = Interpreter(model_content=release.read(release.network_file), num_threads=1)
    _means = _Means(_connect(path), release, interpreter.get_signature_runner())


def answer(path):
    """Answer one instance by a row, whatever is wrong with it.

    Parameters
    ----------
    path : str
        Where Orthanc stored it.
    """
    uid, probability, error = None, None, None
    try:
        dataset = pydicom.dcmread(path)
        uid = str(dataset.SOPInstanceUID)
        probability = classify(show(dataset))
    except Exception as failure:  # noqa: BLE001 - as one does, so that the next one has its turn
        error = type(failure).__name__
    _means.database.execute(_ROW, (uid, probability, error))


def show(dataset):
    """Decode and window: ndarray, shape (rows, columns), uint16, 0 black, 65535 white."""
    highest = 2**dataset.BitsStored - 1
    stored = np.minimum(np.arange(2**dataset.BitsAllocated), highest).astype(f"u{dataset.BitsAllocated // 8}")
    grey = apply_voi_lut(apply_modality_lut(stored, dataset), dataset).astype(np.float64)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = highest - grey
    table = np.rint(np.clip(grey / highest, 0, 1) * _WHITE).astype(np.uint16)
    return cv2.LUT(dataset.pixel_array, table)


def letterbox(picture, size):
    """Fit a picture into the network's input: ndarray, shape (size, size), float32, in [0, 1]."""
    scale = size / max(picture.shape)
    rows, columns = (max(1, round(side * scale)) for side in picture.shape)
    top, left = (size - rows) // 2, (size - columns) // 2
    square = np.zeros((size, size), np.float32)
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    square[top : top + rows, left : left + columns] = small / np.float32(_WHITE)
    return square


def classify(picture):
    """Give the release's probability for a picture."""
    square = letterbox(picture, _means.release.shape.input_size)
    logit = _means.network(picture=square[None, ..., None])["logit"]
    return _means.release.calibration.score(float(logit[0, 0]))
