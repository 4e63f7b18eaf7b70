import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from model.errors import BadPixels
from model.reading.decode import Frame
from model.reading.display import Display, LookupTable, Rescale, Window
from model.reading.luts import apply_voi
from model.reading.normalise import WHITE, WINDOW_MISSES, normalise, shown_window


def show(stored, **display):
    stored = np.asarray(stored)
    bits = display.pop("bits_stored", stored.dtype.itemsize * 8)
    settings_ = {
        "photometric_interpretation": "MONOCHROME2",
        "bits_stored": bits,
        "high_bit": display.pop("high_bit", bits - 1),
        "is_signed": stored.dtype.kind == "i",
    }
    return normalise(Frame(stored, Display(**(settings_ | display))))


def row(values, dtype=np.uint16):
    return np.array([values], dtype)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.float32])
def test_the_linear_window_is_the_standards(dtype):
    # PS3.3 C.11.2.1.2.1: center 2048, width 4096 of 0 to 4095 is y = x * 65535 / 4095
    values = np.arange(4096, dtype=dtype)[None]
    expected = np.rint(np.arange(4096) * (WHITE / 4095))

    assert np.abs(show(values, voi=Window(2048, 4096))[0] - expected).max() <= 1


def test_the_linear_window_has_its_steps_where_the_standard_has():
    shown = show(row([-101, -100, -1, 0, 99, 100], np.int16), voi=Window(0, 200))[0]

    assert 0 == shown[0] == shown[1]
    assert np.rint((-1 + 0.5) / 199 * WHITE + 0.5 * WHITE) == shown[2]
    assert WHITE == shown[5] == shown[4]


def test_a_window_of_width_1_is_a_step():
    assert show(row([8, 9, 10, 11]), voi=Window(10, 1))[0].tolist() == [0, 0, WHITE, WHITE]


def test_the_exact_window_is_half_way_at_its_center():
    shown = show(row([0, 5, 10, 20]), voi=Window(10, 20, "LINEAR_EXACT"))[0]

    assert shown.tolist() == [0, 16384, 32768, WHITE]


def test_the_sigmoid_is_the_standards():
    shown = show(row([0, 10, 30, 60000]), voi=Window(10, 20, "SIGMOID"))[0]
    expected = [WHITE / (1 + np.exp(-4 * (v - 10) / 20)) for v in (0, 10, 30, 60000)]

    assert np.abs(shown - expected).max() < 1


def test_monochrome1_is_inverted_after_the_window():
    window = Window(100, 100)
    values = row(range(0, 300, 7))
    plain = show(values, voi=window)
    inverted = show(values, voi=window, photometric_interpretation="MONOCHROME1")

    assert np.abs(plain.astype(int) + inverted - WHITE).max() <= 1


def test_rescale_comes_before_the_window():
    values = row([0, 10, 20], np.uint16)
    by_hand = show(row([-1000, -980, -960], np.int16), voi=Window(-980, 41))

    np.testing.assert_array_equal(by_hand, show(values, modality=Rescale(2, -1000), voi=Window(-980, 41)))


def test_a_modality_table_comes_before_a_voi_table():
    modality = LookupTable(1, np.array([7, 5], np.uint16), 7)
    voi = LookupTable(5, np.array([0, 100, 255], np.uint16), 255)

    assert show(row([0, 1, 2, 3]), modality=modality, voi=voi)[0].tolist() == [WHITE, WHITE, 0, 0]


def test_signed_values_of_fewer_bits_than_their_cell():
    # 12 bits in 16: 0x0FFF is -1, whatever stands above it
    cells = np.array([[0x0FFF, 0xFFFF, 0x7FFF, 0x0001, 0xF001]], np.uint16).view(np.int16)
    shown = show(cells, bits_stored=12, voi=Window(0.5, 3))[0]

    assert shown[0] == shown[1] == shown[2]
    assert shown[3] == shown[4]
    assert shown[0] < shown[3]


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_rubbish_around_the_stored_bits_is_not_seen(dtype):
    clean = np.arange(1024, dtype=dtype).reshape(32, 32)
    rubbish = np.random.default_rng(0).integers(0, 2, (2, 32, 32), dtype=dtype)
    dirty = rubbish[0] << dtype(15) | clean << dtype(4) | rubbish[1]

    expected = show(clean, bits_stored=10, voi=Window(512, 1024))
    np.testing.assert_array_equal(expected, show(dirty, bits_stored=10, high_bit=13, voi=Window(512, 1024)))


def test_a_picture_without_window_is_stretched_between_its_percentiles():
    values = np.concatenate([np.arange(1000, 2000), [0, 60000]]).astype(np.uint16)[None]
    shown = show(values)[0]

    assert 0 == shown[0] == shown[-2]
    assert WHITE == shown[999] == shown[-1]
    assert abs(int(shown[500]) - WHITE // 2) < 200


def test_a_negative_slope_turns_the_stretch_round():
    values = np.arange(1000, 2000, dtype=np.uint16)[None]

    np.testing.assert_array_equal(show(values)[:, ::-1], show(values, modality=Rescale(-1, 0)))


def test_a_few_values_that_differ_are_not_lost_to_the_percentiles():
    values = np.zeros((100, 100), np.uint16)
    values[50, 50] = 9

    assert (show(values).min(), show(values)[50, 50]) == (0, WHITE)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float64])
def test_a_constant_picture_is_mid_grey(dtype):
    assert {32768} == set(show(np.full((4, 4), 7, dtype)).ravel().tolist())


def test_padding_is_black_and_does_not_count():
    values = np.concatenate([np.arange(1000, 2000), np.full(5000, 0)]).astype(np.uint16)[None]
    padded = show(values, padding=(0, 5))[0]

    assert {0} == set(padded[1000:].tolist())
    np.testing.assert_array_equal(show(values[:, :1000])[0], padded[:1000])
    inverted = show(values, padding=(0, 5), photometric_interpretation="MONOCHROME1")
    assert {0} == set(inverted[0, 1000:].tolist())


@pytest.mark.parametrize(("dtype", "factor"), [(np.uint8, 257), (np.uint16, 1)])
def test_rasters_keep_every_value(dtype, factor):
    values = np.arange(256, dtype=dtype)[None]

    np.testing.assert_array_equal(values.astype(int) * factor, show(values, is_display_ready=True))


def test_colours_become_luma():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    shown = show(colours, photometric_interpretation="RGB", is_display_ready=True)[0]

    assert np.abs(shown / WHITE - [0.299, 0.587, 0.114, 1]).max() < 2e-5
    wide = show(
        colours.astype(np.uint32) * 0x01010101, photometric_interpretation="RGB", is_display_ready=True
    )
    assert np.abs(wide[0] / WHITE - [0.299, 0.587, 0.114, 1]).max() < 2e-5


def test_of_ybr_the_luma_is_taken():
    ybr = np.array([[[0, 9, 9], [128, 200, 3], [255, 1, 1]]], np.uint8)

    assert show(ybr, photometric_interpretation="YBR_FULL")[0].tolist() == [0, 128 * 257, WHITE]
    partial = np.array([[[16, 9, 9], [235, 200, 3], [255, 1, 1]]], np.uint8)
    assert show(partial, photometric_interpretation="YBR_PARTIAL_422")[0].tolist() == [0, WHITE, WHITE]


def test_a_palette_is_looked_up():
    palette = np.zeros((256, 3), np.uint16)
    palette[7] = WHITE

    assert show(row([6, 7], np.uint8), palette=palette)[0].tolist() == [0, WHITE]


def test_what_is_no_number_is_black():
    values = np.array([[np.nan, 1.0, 2.0, np.inf, -np.inf]], np.float32)

    assert show(values)[0].tolist() == [0, 0, WHITE, 0, 0]


def test_no_number_at_all_is_bad_pixels():
    with pytest.raises(BadPixels):
        show(np.full((3, 3), np.nan, np.float32))


NOISE = np.random.default_rng(5).integers(30000, 60000, (300, 400)).astype(np.uint16)


@pytest.mark.parametrize(
    ("stored", "window", "misses"),
    [
        (NOISE, Window(45000, 30000), False),
        (NOISE, Window(2725, 5310), True),
        (NOISE, Window(70000, 100), True),
        (NOISE, None, False),
        (np.full((30, 40), 7, np.uint16), Window(100, 10), False),  # there is nothing to be seen
        (np.where(NOISE > 59900, NOISE, 0), Window(45000, 30000), False),  # small, on a black ground
    ],
)
def test_a_window_that_hides_the_picture_is_told(stored, window, misses):
    frame = Frame(stored, Display("MONOCHROME2", 16, 15, voi=window))

    warnings = set()
    normalise(frame, warnings)

    assert (WINDOW_MISSES in warnings) is misses


NUMBERS = st.floats(-1e30, 1e30, allow_nan=False)
MODALITIES = (
    st.none()
    | st.builds(Rescale, NUMBERS.filter(bool), NUMBERS)
    | st.builds(
        lambda first, entries: LookupTable(first, np.array(entries, np.uint16), 65535),
        st.integers(-70000, 70000),
        st.lists(st.integers(0, 65535), min_size=1, max_size=5),
    )
)
VOIS = st.none() | st.builds(
    Window, NUMBERS, st.floats(1, 1e30), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"])
)
DTYPES = st.sampled_from([np.uint8, np.uint16, np.int16, np.uint32, np.int32, np.float32, np.float64])


@settings(max_examples=400, deadline=None)
@given(
    DTYPES.flatmap(lambda dtype: npst.arrays(dtype, (3, 4))),
    MODALITIES,
    VOIS,
    st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    st.none() | st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    st.integers(1, 64),
)
def test_whatever_the_file_says_the_picture_is_defined(stored, modality, voi, photometric, padding, bits):
    bits = min(bits, stored.dtype.itemsize * 8)
    try:
        shown = show(
            stored,
            bits_stored=bits,
            modality=modality,
            voi=voi,
            photometric_interpretation=photometric,
            padding=padding,
        )
    except BadPixels:
        assert not np.isfinite(stored).any()
        return
    assert (np.uint16, stored.shape) == (shown.dtype, shown.shape)


@settings(max_examples=100, deadline=None)
@given(npst.arrays(np.uint16, (4, 5)), st.floats(1, 70000), st.floats(1, 70000))
def test_a_higher_value_is_never_darker(stored, center, width):
    shown = show(stored, voi=Window(center, width))
    order = np.argsort(stored.ravel(), kind="stable")

    assert (np.diff(shown.ravel()[order].astype(int)) >= 0).all()


@settings(max_examples=100, deadline=None)
@given(npst.arrays(np.int16, (4, 5)), MODALITIES, VOIS)
def test_table_and_arithmetic_agree(stored, modality, voi):
    by_table = show(stored, modality=modality, voi=voi)
    by_arithmetic = show(stored.astype(np.int32), modality=modality, voi=voi)

    assert np.abs(by_table.astype(int) - by_arithmetic).max() <= 1


@pytest.mark.parametrize(
    ("stored", "changed"),
    [
        (np.arange(4096, dtype=np.uint16).reshape(64, 64) % 3000, {"bits_stored": 12}),
        (np.arange(-50, 50, dtype=np.int16)[None], {"modality": Rescale(-2, 100)}),
        (np.arange(90, dtype=np.uint16)[None], {"padding": (80, 90)}),
        (np.arange(256, dtype=np.uint8)[None], {"is_display_ready": True}),
        (np.linspace(0, 500, 200, dtype=np.float32)[None], {}),
        (np.full((4, 4), 7, np.uint16), {}),
        (row([1, 2, 3, 900]), {"voi": Window(2, 3)}),
        (row([1, 2, 3]), {"voi": LookupTable(1, np.array([5, 9], np.uint16), 15)}),
    ],
)
def test_what_is_shown_follows_from_the_window_that_is_told(stored, changed):
    """Break it: tell the window before Rescale, or count the padding."""
    bits = changed.get("bits_stored", stored.dtype.itemsize * 8)
    values = {"is_signed": stored.dtype.kind == "i", "bits_stored": bits, "high_bit": bits - 1} | changed
    display = Display("MONOCHROME2", **values)
    modality = display.modality or Rescale(1, 0)
    told = apply_voi(
        stored.astype(np.float64) * modality.slope + modality.intercept,
        shown_window(Frame(stored, display)),
    )
    told = np.rint(np.clip(told, 0, 1) * WHITE)
    if display.padding is not None:
        told[(stored >= display.padding[0]) & (stored <= display.padding[1])] = 0
    assert np.abs(told - normalise(Frame(stored, display))).max() <= 1
