import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from model.errors import BadHeader
from model.reading.dicom.display_elements import modality_of, padding_of, palette_of, polarity_of, voi_of
from model.reading.display import LookupTable, Rescale, Window
from tests.support.dicom_files import set_elements


def dataset_of(**elements):
    dataset = Dataset()
    dataset.set_original_encoding(is_implicit_vr=False, is_little_endian=True, character_encoding="ascii")
    set_elements(dataset, elements)
    return dataset


def table_item(descriptor, data, vr="US"):
    item = Dataset()
    item.add_new("LUTDescriptor", vr, descriptor)
    item.add_new("LUTData", "OW" if isinstance(data, bytes) else "US", data)
    return Sequence([item])


def test_rescale_is_read_and_its_halves_have_defaults():
    found_warnings = set()

    assert Rescale(2.0, -5.0) == modality_of(
        dataset_of(RescaleSlope="2", RescaleIntercept="-5"), found_warnings
    )
    assert Rescale(1.0, 7.0) == modality_of(dataset_of(RescaleIntercept="7"), found_warnings)
    assert modality_of(dataset_of(), found_warnings) is None
    assert set() == found_warnings


def test_a_slope_of_0_is_none_at_all():
    found_warnings = set()

    assert Rescale(1.0, 3.0) == modality_of(
        dataset_of(RescaleSlope="0", RescaleIntercept="3"), found_warnings
    )
    assert {"rescale_slope_zero"} == found_warnings


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e40])
@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_a_rescale_that_is_no_number_is_a_bad_header(keyword, value):
    with pytest.raises(BadHeader):
        modality_of(dataset_of(**{keyword: value}), set())


@pytest.mark.parametrize("data", [[5, 6, 7], np.array([5, 6, 7], "<u2").tobytes()])
def test_a_modality_table_is_read_from_numbers_and_from_words(data):
    table = modality_of(dataset_of(ModalityLUTSequence=table_item([3, 10, 8], data)), set())

    assert isinstance(table, LookupTable)
    assert (table.first, table.entries.tolist()) == (10, [5, 6, 7])


def test_a_table_of_bytes_is_read():
    table = voi_of(dataset_of(VOILUTSequence=table_item([4, 0, 8], bytes([9, 8, 7, 255]))), set())

    assert (table.entries.tolist(), table.maximum) == ([9, 8, 7, 255], 255)


def test_zero_entries_stand_for_65536():
    data = np.arange(65536, dtype="<u2").tobytes()
    table = modality_of(dataset_of(ModalityLUTSequence=table_item([0, 0, 16], data)), set())

    assert len(table.entries) == 65536


def test_a_table_may_begin_below_0():
    table = modality_of(
        dataset_of(ModalityLUTSequence=table_item([2, -4, 16], [1, 2], vr="SS")), set(), is_signed=True
    )

    assert table.first == -4


@pytest.mark.parametrize(
    "item", [table_item([3, 0, 16], []), Sequence([Dataset()]), table_item([3, 0], [1, 2, 3])]
)
def test_a_table_without_data_is_a_bad_header_or_ignored(item):
    found_warnings = set()

    with pytest.raises(BadHeader):
        modality_of(dataset_of(ModalityLUTSequence=item), set())
    assert voi_of(dataset_of(VOILUTSequence=item), found_warnings) is None
    assert {"voi_lut_ignored"} == found_warnings


def test_a_table_goes_before_a_window():
    sequence = table_item([2, 0, 12], [0, 4095])
    table = voi_of(dataset_of(VOILUTSequence=sequence, WindowCenter="5", WindowWidth="9"), set())

    assert table.maximum == 4095


def test_a_table_that_exceeds_its_bits_is_believed():
    assert voi_of(dataset_of(VOILUTSequence=table_item([2, 0, 8], [0, 700])), set()).maximum == 1023


@pytest.mark.parametrize(
    ("centers", "widths", "function", "window"),
    [
        ("40", "400", None, Window(40, 400)),
        (["40", "50"], ["400", "9"], None, Window(40, 400)),
        (["40", "50"], ["0", "9"], None, Window(50, 9)),
        ("40", "0.5", "LINEAR_EXACT", Window(40, 0.5, "LINEAR_EXACT")),
        ("40", "400", "SIGMOID", Window(40, 400, "SIGMOID")),
        ("40", "400", "CUBIC", Window(40, 400)),
    ],
)
def test_the_first_window_with_a_meaning_counts(centers, widths, function, window):
    elements = {"WindowCenter": centers, "WindowWidth": widths}
    if function:
        elements["VOILUTFunction"] = function
    found_warnings = set()

    assert window == voi_of(dataset_of(**elements), found_warnings)
    assert set() == found_warnings


@pytest.mark.parametrize(
    ("center", "width"), [("40", "0"), ("40", "-3"), ("40", float("nan")), (float("inf"), "4"), ("40", "0.5")]
)
def test_a_window_without_a_meaning_is_ignored(center, width):
    found_warnings = set()

    assert voi_of(dataset_of(WindowCenter=center, WindowWidth=width), found_warnings) is None
    assert {"window_ignored"} == found_warnings


@pytest.mark.parametrize(
    ("shape", "photometric", "meant"),
    [
        (None, "MONOCHROME1", "MONOCHROME1"),
        (None, "MONOCHROME2", "MONOCHROME2"),
        ("", "MONOCHROME1", "MONOCHROME1"),
        ("INVERSE", "MONOCHROME1", "MONOCHROME1"),
        ("IDENTITY", "MONOCHROME2", "MONOCHROME2"),
        ("INVERSE ", "MONOCHROME2", "MONOCHROME1"),
        ("IDENTITY", "MONOCHROME1", "MONOCHROME2"),
        ("LIN OD", "MONOCHROME1", "MONOCHROME1"),
    ],
)
def test_shape_and_photometric_interpretation_are_one_inversion_at_most(shape, photometric, meant):
    found_warnings = set()
    dataset = dataset_of() if shape is None else dataset_of(PresentationLUTShape=shape)

    assert meant == polarity_of(dataset, photometric, found_warnings)
    assert found_warnings == ({"presentation_lut_shape_contradicts"} if meant != photometric else set())


def test_padding_is_a_range():
    assert padding_of(dataset_of(), 16, is_signed=True) is None
    dataset = Dataset()
    dataset.add_new("PixelPaddingValue", "US", 30)

    assert padding_of(dataset, 16, is_signed=True) == (30, 30)
    dataset.add_new("PixelPaddingRangeLimit", "US", 5)
    assert padding_of(dataset, 16, is_signed=True) == (5, 30)


def test_a_palette_is_the_colour_of_each_value():
    dataset = dataset_of()
    for colour, entries in (("Red", [0, 100, 65535]), ("Green", [1, 1, 1]), ("Blue", [2, 3, 4])):
        dataset.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [3, 10, 16])
        dataset.add_new(f"{colour}PaletteColorLookupTableData", "OW", np.array(entries, "<u2").tobytes())
    colours = palette_of(dataset, 8, set())

    assert colours.shape == (256, 3)
    assert [0, 1, 2] == colours[0].tolist() == colours[10].tolist()
    assert colours[11].tolist() == [100, 1, 3]
    assert [65535, 1, 4] == colours[12].tolist() == colours[255].tolist()


def segmented(dataset, kind):
    """Put a table of 12 entries in: three as they are, five on a line, and those three once more, copied."""
    word = {"u1": 8, "<u2": 16}[kind]
    values = [5, 200, 100] if word == 8 else [500, 60000, 100]
    line_end = 50 if word == 8 else 5100
    copied = [2, 1, 0, 0, 0, 0] if word == 8 else [2, 1, 0, 0]  # one segment, from byte 0 on
    data = np.array([0, 3, *values, 1, 5, line_end, *copied], kind).tobytes()
    for colour in ("Red", "Green", "Blue"):
        dataset.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [11, 0, word])
        dataset.add_new(f"Segmented{colour}PaletteColorLookupTableData", "OW", data)
    line = [values[2] + round((line_end - values[2]) * n / 5) for n in range(1, 6)]
    return [*values, *line, *values]


@pytest.mark.parametrize("kind", ["u1", "<u2"])
def test_a_segmented_palette_is_put_together(kind):
    dataset = dataset_of()
    expected = segmented(dataset, kind)
    colours = palette_of(dataset, 8, set())

    for colour in range(3):
        assert [e * (257 if kind == "u1" else 1) for e in expected] == colours[:11, colour].tolist()


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_a_palette_that_is_missing_is_a_bad_header(bits):
    with pytest.raises(BadHeader):
        palette_of(dataset_of(), bits, set())
