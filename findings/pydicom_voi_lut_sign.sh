#!/bin/sh
# pydicom 3.0.2: a VOI LUT that begins below 0 makes a valid implicit VR picture black.
#
# The first value that a VOI LUT maps has the sign of its input (PS3.3 C.11.2.1.1): below 0 where a Rescale
# Intercept makes modality values negative, though the pixels are unsigned. In implicit VR the element is "US or
# SS", and pydicom decides by Pixel Representation, that is of the pixels: -1024 is read as 64512, every input
# lies below it, and apply_voi_lut gives one value. The same object in explicit VR is shown right.
# Seen: "explicit: -1024, 2048 greys" and "implicit: 64512, 1 greys". What we do: the sign by the input's range.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pydicom==3.0.2 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import io

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.sequence import Sequence
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, ImplicitVRLittleEndian


def shown(syntax):
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [2048, -1024, 16])
    item.add_new("LUTData", "US", np.linspace(0, 65535, 2048).astype(int).tolist())
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = DigitalXRayImageStorageForPresentation, "1.2.3"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = 1, 2048
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "US"
    dataset.VOILUTSequence = Sequence([item])
    dataset.PixelData = np.arange(2048, dtype="<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    written = io.BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    written.seek(0)
    read = pydicom.dcmread(written)
    values = apply_voi_lut(apply_modality_lut(read.pixel_array, read), read)
    return read.VOILUTSequence[0].LUTDescriptor[1], len(np.unique(values))


seen = {"explicit": shown(ExplicitVRLittleEndian), "implicit": shown(ImplicitVRLittleEndian)}
for name, (first, greys) in seen.items():
    print(f"{name}: {first}, {greys} greys")
assert seen == {"explicit": (-1024, 2048), "implicit": (64512, 1)}, "the behaviour has changed"
PYTHON
