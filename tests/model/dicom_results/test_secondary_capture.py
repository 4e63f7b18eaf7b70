import numpy as np
import pytest

from model.dicom_results.secondary_capture import draw_answer
from model.pictures.write import to_8_bit
from tests.support.dicom_results import heat_map, made_of, parsed, scan_answer, scan_bytes
from tests.support.pictures import pixels

PICTURE = pixels(5, rows=300, columns=900, bits=16)


def test_the_picture_is_drawn_with_the_map_over_it_and_words_below():
    page = draw_answer(PICTURE, scan_answer(heat_map=heat_map(3, 1)))
    assert page.shape[0] > 300
    assert page.shape[1:] == (900, 3)
    shown, grey = page[:300].astype(int), to_8_bit(PICTURE).astype(int)
    assert np.abs(shown[:, 600:] - grey[:, 600:, None]).max() == 0  # no evidence there
    assert np.ptp(shown[:, 100:250], axis=2).max() > 60
    for number in range(3):  # lines of words
        line = page[-(number + 1) * 32 - 16 : -number * 32 - 16 or None]
        assert line.max() == 255


def test_a_narrow_picture_has_room_for_words_beside_it():
    page = draw_answer(np.full((600, 40), 65535, np.uint16), scan_answer(heat_map=None))
    assert page.shape[1] == 720
    assert (page[:600, :40] == 255).all()
    assert not page[:600, 40:].any()


def test_several_frames_have_a_line_more():
    single = draw_answer(PICTURE, scan_answer())
    assert draw_answer(PICTURE, scan_answer(frame=2, frames=3)).shape[0] > single.shape[0]


def test_abstained_says_that_the_colours_mean_nothing():
    abstained = draw_answer(PICTURE, scan_answer("abstained"))
    assert (abstained != draw_answer(PICTURE, scan_answer("uncertain"))).any()


@pytest.fixture
def capture(tmp_path):
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    return lambda answer=None, **elements: parsed(
        made_of(tmp_path, scan_bytes(**elements), answer, kinds=("sc",))["sc"]
    )


def test_it_is_a_colour_image_derived_from_the_scan(capture):
    made = capture()
    assert list(made.ImageType[:2]) == ["DERIVED", "SECONDARY"]
    assert (made.PhotometricInterpretation, made.ConversionType) == ("RGB", "WSD")
    assert made.pixel_array.shape == (made.Rows, made.Columns, 3)
    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == "1.2.826.0.1.3"
    assert "not a medical device" in made.DerivationDescription


def test_it_says_of_the_image_what_stays_true_of_the_picture(capture):
    made = capture(PatientOrientation=["L", "F"], BurnedInAnnotation="YES", LossyImageCompression="01")
    assert (made.BurnedInAnnotation, made.LossyImageCompression) == ("YES", "01")
    assert list(made.PatientOrientation) == ["L", "F"]
    assert made.Laterality == "L"
    plain = capture(Laterality=None)
    assert plain["PatientOrientation"].is_empty
    assert plain["Laterality"].is_empty
    assert "BurnedInAnnotation" not in plain
    assert "LossyImageCompression" not in plain


def test_the_padding_of_the_square_is_cut_off(capture):
    """Break it: draw the square. A picture of 96 x 80 in a square of 256 is 256 x 213."""
    made = capture(scan_answer(heat_map=None))
    assert made.pixel_array[:256, :213].any(axis=(0, 2)).all()
    assert not made.pixel_array[:256, 214:].any()
