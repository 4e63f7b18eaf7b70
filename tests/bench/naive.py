"""What one writes in an afternoon: watchdog, pydicom, full-size floats, Keras, a commit a row.

``python -m tests.bench.naive FOLDER`` watches FOLDER/inbox, writes FOLDER/results.db and moves files to
FOLDER/done. It is fair: the network is loaded and warm before it begins, it does not hash, sync, watch for
half-written files or survive a crash, and it has the decoders that pydicom recommends
(``pydicom[pixeldata]``). It gives the same answers, by the way that a textbook describes.
"""

import os
import queue
import sqlite3
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

from model.network import build_network, load_weights_bytes
from model.release import find_release, open_release

SIZE = 224


def read_picture(path):
    """Decode, window and scale a file: float64, (224, 224), 0 black, 1 white."""
    if path.suffix == ".dcm":
        dataset = pydicom.dcmread(path)
        values = apply_modality_lut(dataset.pixel_array, dataset)
        values = apply_voi_lut(values, dataset).astype(np.float64)
        highest = 2.0**dataset.BitsStored - 1
        if dataset.PhotometricInterpretation == "MONOCHROME1":
            values = highest - values
    else:
        values = np.asarray(Image.open(path)).astype(np.float64)
        highest = 65535.0 if values.max() > 255 else 255.0
    picture = values / highest
    scale = SIZE / max(picture.shape)
    rows, columns = (max(1, round(side * scale)) for side in picture.shape)
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    square = np.zeros((SIZE, SIZE))
    top, left = (SIZE - rows) // 2, (SIZE - columns) // 2
    square[top : top + rows, left : left + columns] = small
    return square


def load_model():
    """Load the released network into Keras: the probability before any calibration."""
    release = open_release(find_release())
    network = build_network(release.shape.head, size=release.shape.input_size)
    load_weights_bytes(network, release.read(release.weights_file))
    return keras.Model(network.input, keras.layers.Activation("sigmoid")(network.output["logit"]))


class Arrivals(FileSystemEventHandler):
    """Queue what came by a rename from elsewhere, which is how the benchmark drops files."""

    def __init__(self):
        self.paths = queue.Queue()

    def on_created(self, event):
        self.paths.put(Path(event.src_path))


def main(folder):
    """Answer file after file, for ever."""
    inbox, done = folder / "inbox", folder / "done"
    inbox.mkdir(parents=True)
    done.mkdir()
    database = sqlite3.connect(folder / "results.db")
    database.execute("CREATE TABLE scans (seq INTEGER PRIMARY KEY, name TEXT, probability REAL, error TEXT)")
    model = load_model()
    model.predict(np.zeros((1, SIZE, SIZE, 1)), verbose=0)
    arrivals = Arrivals()
    observer = Observer()
    observer.schedule(arrivals, str(inbox))
    observer.start()
    (folder / "ready").touch()
    while True:
        path = arrivals.paths.get()
        probability, error = None, None
        try:
            picture = read_picture(path)
            probability = float(model.predict(picture[None, ..., None], verbose=0)[0, 0])
        except Exception as failure:  # noqa: BLE001 - as one does, so that the next file has its turn
            error = type(failure).__name__
        row = (path.name, probability, error)
        database.execute("INSERT INTO scans (name, probability, error) VALUES (?, ?, ?)", row)
        database.commit()
        path.rename(done / path.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
