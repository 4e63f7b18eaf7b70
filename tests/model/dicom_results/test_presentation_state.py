"""Presentation states, and what DCMTK shows by them: pixels beside pixels of the pipeline.

Break it: leave Presentation LUT Shape as highdicom writes it, or the window out.
"""

import shutil
import subprocess
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from model.dicom_results.presentation_state import LAYER
from model.dicom_results.structured_report import region_uid
from model.pictures.write import to_8_bit
from model.reading.dicom.file import open_dicom
from model.reading.limits import Limits
from model.reading.prepare import open_pictures
from tests.support.deadlines import scaled
from tests.support.dicom_results import made_of, needs_dcmp2pgm, parsed, scan_answer, scan_bytes
from tests.support.pictures import pixels
from tests.support.shared import SHARED, needs_shared

pytest.importorskip("highdicom", reason="highdicom is not installed")


def state(folder, data=None, answer=None):
    return made_of(folder, data or scan_bytes(), answer, kinds=("gsps",))["gsps"]


def table(first, entries, bits=16):
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [len(entries), first, bits])
    item.add_new(0x00283006, "OW", np.asarray(entries, "<u2").tobytes())
    return Sequence([item])


WINDOW = {"WindowCenter": 1800, "WindowWidth": 2500}
NEGATIVE = {"PhotometricInterpretation": "MONOCHROME1"}
SIGNED = (pixels(3).astype(np.int32) - 2048).astype(np.int16)
VOI = table(300, (np.linspace(0, 1, 3000) ** 2 * 4095).round(), 12)
SHOWN = {
    "window": (None, WINDOW),
    "window, MONOCHROME1": (None, NEGATIVE | WINDOW),
    "no window": (None, {}),
    "no window, MONOCHROME1": (None, NEGATIVE),
    "8 bits": (pixels(4, bits=8).astype(np.uint8), {}),
    "8 bits, MONOCHROME1": (pixels(4, bits=8).astype(np.uint8), NEGATIVE),
    "shape against photometric": (None, WINDOW | {"PresentationLUTShape": "INVERSE"}),
    "rescaled": (
        None,
        {"RescaleSlope": "0.5", "RescaleIntercept": "-100", "WindowCenter": 800, "WindowWidth": 900},
    ),
    "signed": (SIGNED, {"WindowCenter": 0, "WindowWidth": 3000}),
    "signed, no window": (SIGNED, {}),
    "table": (None, {"VOILUTSequence": VOI}),
    "table, MONOCHROME1": (None, NEGATIVE | {"VOILUTSequence": VOI}),
    "two tables": (None, {"ModalityLUTSequence": table(0, np.arange(4095, -1, -1)), "VOILUTSequence": VOI}),
    "sigmoid": (None, WINDOW | {"VOILUTFunction": "SIGMOID"}),
    "sigmoid, signed": (SIGNED, {"WindowCenter": -50, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"}),
    "exact": (None, {"WindowCenter": 2000, "WindowWidth": 40, "VOILUTFunction": "LINEAR_EXACT"}),
}


@needs_dcmp2pgm
@pytest.mark.parametrize("which", SHOWN)
def test_the_image_is_shown_by_it_as_the_network_saw_it(tmp_path, which):
    stored, elements = SHOWN[which]
    bits = {} if stored is not None else {"BitsStored": 12, "HighBit": 11}
    data = scan_bytes(stored, **bits, **elements)
    (tmp_path / "image.dcm").write_bytes(data)
    (tmp_path / "state.dcm").write_bytes(state(tmp_path, data).content)
    command = ["dcmp2pgm", "-p", tmp_path / "state.dcm", tmp_path / "image.dcm", tmp_path / "shown.pgm"]
    ended = subprocess.run(command, capture_output=True, timeout=scaled(30), check=False)
    shown = np.asarray(Image.open(BytesIO((tmp_path / "shown.pgm").read_bytes()))).astype(int)
    (picture,) = open_pictures(data)
    assert ended.returncode == 0, ended.stderr
    assert np.abs(shown - to_8_bit(picture)).max() <= 2


@needs_shared
@needs_dcmp2pgm
@pytest.mark.skipif(not shutil.which("dcmdjpeg"), reason="DCMTK's dcmdjpeg is not installed")
def test_dcmtk_cuts_off_what_is_beyond_bits_stored_and_the_state_is_right(tmp_path):
    """Eight pixels of this file are 1024 in 10 bits by lossy coding: white for us, and 0 for DCMTK."""
    data = (SHARED / "dicom/radiograph/RG3_JPLY.dcm").read_bytes()
    (tmp_path / "image.dcm").write_bytes(data)
    (tmp_path / "state.dcm").write_bytes(state(tmp_path, data).content)
    plain, shown = tmp_path / "plain.dcm", tmp_path / "shown.pgm"
    for command in (
        ["dcmdjpeg", tmp_path / "image.dcm", plain],
        ["dcmp2pgm", "-p", tmp_path / "state.dcm", plain, shown],
    ):
        ended = subprocess.run(command, capture_output=True, timeout=scaled(30), check=False)
        assert ended.returncode == 0, ended.stderr
    theirs = np.asarray(Image.open(BytesIO(shown.read_bytes()))).astype(int)
    frame = next(open_dicom(data, Limits()).decoded_frames()).pixels
    (picture,) = open_pictures(data)
    is_apart = np.abs(theirs - to_8_bit(picture)) > 2
    assert np.array_equal(is_apart, frame == 1024)
    assert is_apart.sum() == 8


def test_the_polarity_is_that_of_the_image(tmp_path):
    shapes = [parsed(state(tmp_path, scan_bytes(**one))).PresentationLUTShape for one in ({}, NEGATIVE)]
    assert shapes == ["IDENTITY", "INVERSE"]


def test_outlines_and_words_lie_on_one_layer_that_can_be_switched_off(tmp_path):
    made = parsed(state(tmp_path))
    (layer,) = made.GraphicLayerSequence
    (annotation,) = made.GraphicAnnotationSequence
    assert layer.GraphicLayer == annotation.GraphicLayer == LAYER
    (graphic,) = annotation.GraphicObjectSequence
    assert (graphic.GraphicType, graphic.GraphicAnnotationUnits, graphic.GraphicFilled) == (
        "POLYLINE",
        "PIXEL",
        "N",
    )
    assert graphic.TrackingUID == region_uid(scan_answer(), 1)  # as in the report
    points = np.reshape(graphic.GraphicData, (-1, 2))
    assert (points[0] == points[-1]).all()
    assert (points.min(axis=0) > [40, 20]).all()  # the map's place: row 2 of 7, column 4
    (words,) = annotation.TextObjectSequence
    assert "not a medical device" in words.UnformattedTextValue
    assert "fractured" in words.UnformattedTextValue


def test_it_is_for_the_one_frame_that_made_the_answer(tmp_path):
    frames = scan_bytes(np.stack([pixels(seed) for seed in range(3)]))
    made = parsed(state(tmp_path, frames, scan_answer(frame=2, frames=3)))
    numbers = [e.value for e in made.iterall() if e.keyword == "ReferencedFrameNumber"]
    assert numbers == [2, 2]


@pytest.mark.parametrize(("elements", "ratio"), [({}, [1, 1]), ({"PixelAspectRatio": [3, 2]}, [1500, 1000])])
def test_pixels_have_their_shape_and_the_whole_image_is_shown(tmp_path, elements, ratio):
    (area,) = parsed(state(tmp_path, scan_bytes(**elements))).DisplayedAreaSelectionSequence
    assert list(area.PresentationPixelAspectRatio) == ratio
    assert list(area.DisplayedAreaTopLeftHandCorner) == [1, 1]
    assert list(area.DisplayedAreaBottomRightHandCorner) == [80, 96]


def test_the_side_is_there_and_empty_where_it_is_not_known(tmp_path):
    assert parsed(state(tmp_path)).Laterality == "L"
    assert parsed(state(tmp_path, scan_bytes(Laterality=None)))["Laterality"].is_empty
