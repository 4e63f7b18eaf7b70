"""The one way from bytes to network input.

Break it: invert what `normalise` gives in `model.reading.prepare.Pictures`: a PNG made of a picture is
another one.
"""

import io
import logging
import random
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from model.errors import BadPixels, ScanError, Truncated, UnknownFormat
from model.pictures.write import write_jpeg, write_png
from model.reading.decode import Limits
from model.reading.prepare import open_pictures, prepare
from tests.support.dicom_files import encapsulated, image, native, rle, to_bytes
from tests.support.shared import SHARED, needs_shared

PIXELS = (np.add.outer(np.arange(300), np.arange(200)) * 8).astype(np.uint16)
WINDOW = {"WindowCenter": 2000, "WindowWidth": 4001}


def test_a_radiograph_becomes_input():
    prepared = prepare(native(PIXELS, PatientID="P-1", **WINDOW))

    assert ((1, 224, 224), np.uint16) == (prepared.inputs.shape, prepared.inputs.dtype)
    assert (prepared.header.patient_id, prepared.header.rows, prepared.header.columns) == ("P-1", 300, 200)
    assert prepared.warnings == ()


def test_each_picture_is_shown_full_size_before_the_next_is_decoded():
    data = native(np.stack([PIXELS, PIXELS[::-1]]), **WINDOW)
    shown = []
    prepared = prepare(data, show=shown.append)

    assert [picture.shape for picture in shown] == [(300, 200)] * 2
    for picture, expected in zip(shown, open_pictures(data), strict=True):
        np.testing.assert_array_equal(expected, picture)
    np.testing.assert_array_equal(prepare(data).inputs, prepared.inputs)


def test_the_same_picture_is_the_same_input_in_every_format(tmp_path):
    data = native(PIXELS, **WINDOW)
    (picture,) = open_pictures(data)
    write_png(picture, tmp_path / "deep.png")
    write_png(picture, tmp_path / "flat.png", bits=8)
    write_jpeg(picture, tmp_path / "picture.jpg")
    expected = prepare(data).inputs.astype(int)

    np.testing.assert_array_equal(expected, prepare((tmp_path / "deep.png").read_bytes()).inputs)
    for name, difference in (("flat.png", 257), ("picture.jpg", 1500)):
        assert np.abs(expected - prepare((tmp_path / name).read_bytes()).inputs).max() <= difference


def test_overlays_collimators_and_icons_leave_the_picture_as_it_is():
    pixels = np.random.default_rng(3).integers(0, 4096, (40, 60), dtype=np.uint16)
    plain = {"WindowCenter": 2000, "WindowWidth": 4000, "BitsStored": 12, "HighBit": 11}
    around = image(pixels | 0xF000, **plain)  # an overlay in the bits above, as old equipment has it
    around.add_new(0x60000010, "US", 40)
    around.add_new(0x60000011, "US", 60)
    around.add_new(0x60003000, "OW", b"\xff" * 300)
    around.CollimatorShape, around.CollimatorLeftVerticalEdge = "RECTANGULAR", 30
    around.IconImageSequence = [image(np.zeros((64, 64), np.uint8))]
    expected = prepare(native(pixels, **plain))
    found = prepare(to_bytes(around))

    np.testing.assert_array_equal(expected.inputs, found.inputs)
    assert (found.header.rows, found.warnings) == (40, ())


def test_every_frame_is_an_input():
    pixels = np.stack([PIXELS, PIXELS // 2, PIXELS // 4])
    inputs = prepare(native(pixels, **WINDOW)).inputs

    assert inputs.shape == (3, 224, 224)
    assert inputs[0].mean() > inputs[1].mean() > inputs[2].mean()


def test_a_frame_that_fails_fails_the_scan_and_keeps_the_header():
    pixels = np.stack([PIXELS, PIXELS])
    data = encapsulated(pixels, [rle(PIXELS), b"rubbish."], "1.2.840.10008.1.2.5", PatientID="P-1")

    with pytest.raises(BadPixels) as caught:
        prepare(data)
    assert caught.value.header.patient_id == "P-1"


def test_the_header_is_announced_before_the_pixels_are_decoded():
    pixels = np.stack([PIXELS, PIXELS])
    announced = []
    with pytest.raises(BadPixels):
        prepare(encapsulated(pixels, [b"rubbish."] * 2, "1.2.840.10008.1.2.5"), announce=announced.append)

    assert [header.frames for header in announced] == [2]


def test_what_an_announcement_raises_passes_through():
    def stop(_):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        prepare(native(PIXELS), Limits(), stop)


def test_a_constant_picture_is_told():
    assert prepare(native(np.full((224, 224), 9, np.uint8))).warnings == ("constant_picture",)


def test_a_window_beside_the_picture_is_told():
    pixels = np.random.default_rng(1).integers(32744, 65536, (40, 40), dtype=np.uint16)
    prepared = prepare(native(pixels, WindowCenter=2725, WindowWidth=5310))

    assert (prepared.inputs == 65535).all()
    assert prepared.warnings == ("constant_picture", "window_misses_picture")


def test_oddities_are_told_by_category_and_never_in_words():
    odd = native(PIXELS, RescaleSlope="0", RescaleIntercept="0", WindowCenter="5", WindowWidth="0")

    assert prepare(odd).warnings == ("rescale_slope_zero", "window_ignored")


def test_warnings_and_logs_of_libraries_go_nowhere(capfd, caplog):
    data = native(PIXELS, SOPInstanceUID="1.2.3.4.5.6.7.8", **WINDOW)
    odd = data.replace(b"1.2.3.4.5.6.7.8", b"CANARY, no UID!")
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        prepared = prepare(odd)

    assert prepared.header.sop_instance_uid == "CANARY, no UID!"
    assert prepared.warnings == ("pydicom_userwarning",)
    assert capfd.readouterr() == ("", "")
    assert "CANARY" not in caplog.text
    assert not logging.getLogger("pydicom").disabled


@pytest.mark.parametrize(
    "panic",
    [type("PanicException", (BaseException,), {}), RecursionError, RuntimeError, SystemError, OSError],
)
def test_whatever_a_decoder_raises_is_bad_pixels(monkeypatch, panic):
    def fail(*_):
        raise panic("CANARY")

    monkeypatch.setattr("imagecodecs.packbits_decode", fail)
    with pytest.raises(BadPixels) as caught:
        prepare(encapsulated(PIXELS, [rle(PIXELS)], "1.2.840.10008.1.2.5"))
    assert "CANARY" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("passing", [MemoryError, KeyboardInterrupt, SystemExit])
def test_what_is_not_the_files_fault_passes_through(monkeypatch, passing):
    def fail(*_):
        raise passing

    monkeypatch.setattr("imagecodecs.packbits_decode", fail)
    with pytest.raises(passing):
        prepare(encapsulated(PIXELS, [rle(PIXELS)], "1.2.840.10008.1.2.5"))


def test_random_files_are_unknown():
    generator = random.Random(16)  # noqa: S311
    for _ in range(300):
        with pytest.raises(UnknownFormat):
            prepare(b"\x07" + generator.randbytes(generator.randrange(2000)))


def mutated(generator, data):
    changed = bytearray(data)
    for _ in range(generator.choice((1, 4, 40))):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    if generator.random() < 0.3:
        del changed[generator.randrange(len(changed)) :]
    return bytes(changed)


@pytest.mark.parametrize("kind", ["native", "rle", "png", "jpeg"])
def test_damaged_files_end_in_an_answer(kind):
    small = PIXELS[:40, :30]
    buffer = io.BytesIO()
    if kind in ("png", "jpeg"):
        Image.fromarray((small >> 4).astype(np.uint8)).save(buffer, kind)
    data = {
        "native": native(small, **WINDOW),
        "rle": encapsulated(small, [rle(small)], "1.2.840.10008.1.2.5"),
    }.get(kind, buffer.getvalue())
    generator = random.Random(kind)  # noqa: S311
    answers = {"classified": 0, "refused": 0}
    for _ in range(250):
        try:
            inputs = prepare(mutated(generator, data)).inputs
        except ScanError as error:
            assert error.code  # noqa: PT017
            answers["refused"] += 1
        else:
            assert np.uint16 == inputs.dtype
            answers["classified"] += 1
    assert answers["refused"] > 5
    assert answers["classified"] > 5 or kind == "png"  # whose checksums leave nothing to chance


def test_importing_it_brings_no_network_runtime():
    runtimes = ("tensorflow", "keras", "ai_edge_litert", "pydicom")
    code = f"import sys, model.reading.prepare; print([m for m in {runtimes} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize("group", ["RG2", "RG3"])
def test_one_leg_is_the_same_input_in_every_encoding(group):
    files = sorted((SHARED / "dicom" / "radiograph").glob(f"{group}_*.dcm"))
    inputs = {path.stem: prepare(path.read_bytes()).inputs[0].astype(int) for path in files}
    plain = inputs[f"{group}_UNC"]

    assert len(files) >= 4
    for name, found in inputs.items():
        lossless = name.endswith(("JPLL", "JLSL", "J2KR", "UNC"))
        assert np.abs(found - plain).max() <= (0 if lossless else 2000), name
        assert np.abs(found - plain).mean() <= (0 if lossless else 80), name


@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize("name", ["RG3_JPLY", "RG3_J2KR", "CR-MONO1-10-chest", "XA1_UNC"])
def test_a_radiograph_that_was_cut_is_never_classified_and_never_rejected(name):
    data = (SHARED / "dicom" / "radiograph" / f"{name}.dcm").read_bytes()
    generator = random.Random(name)  # noqa: S311
    for size in [generator.randrange(132, len(data) - 12) for _ in range(30)]:
        with pytest.raises(Truncated):
            prepare(data[:size])


def test_a_picture_comes_with_what_it_was_made_of_and_a_dicom_file_with_its_data_set():
    stored = np.arange(64, dtype=np.uint16).reshape(8, 8)
    pictures = open_pictures(native(stored, PatientID="P-1"))
    assert pictures.dataset.PatientID == "P-1"
    ((frame, picture),) = pictures.with_frames()
    np.testing.assert_array_equal(frame.stored, stored)
    np.testing.assert_array_equal(picture, next(iter(open_pictures(native(stored)))))
    buffer = io.BytesIO()
    Image.fromarray(stored.astype(np.uint8)).save(buffer, "PNG")
    assert open_pictures(buffer.getvalue()).dataset is None
