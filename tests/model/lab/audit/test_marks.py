import cv2
import numpy as np
import pytest

from model.header import Header
from model.lab.audit.marks import has_bright_bars, marks_of
from tests.support.radiographs import encoded, radiograph


def marks(content, header=None):
    grey = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    return set(marks_of(content, grey.astype(np.uint16) * 257, header or Header(format="png")))


PICTURE = radiograph(0)
IN_COLOUR = cv2.cvtColor(PICTURE, cv2.COLOR_GRAY2BGR)


def test_a_plain_radiograph_has_no_marks():
    assert marks(encoded(PICTURE)) == set()
    assert marks(encoded(IN_COLOUR, ".jpg")) == set()


def test_a_red_circle_is_a_colour_mark():
    drawn = cv2.circle(IN_COLOUR.copy(), (100, 120), 30, (0, 0, 255), 2)
    assert marks(encoded(drawn)) == {"colour_marks"}


def test_a_tinted_film_has_no_marks():
    assert marks(encoded(np.clip(IN_COLOUR * 0.5 + (90, 40, 0), 0, 255).astype(np.uint8))) == set()


def test_a_picture_coloured_all_over_is_a_photograph():
    random = np.random.default_rng(0).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    assert "colour_photograph" in marks(encoded(cv2.resize(random, (240, 240))))


def test_text_has_few_tones():
    page = np.full((200, 300), 255, np.uint8)
    cv2.putText(page, "REPORT", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 2, 0, 4, cv2.LINE_8)
    assert marks(encoded(page)) == {"few_tones"}


def test_constant_and_small_pictures_are_named():
    assert marks(encoded(np.zeros((60, 200), np.uint8))) == {"constant", "small"}


@pytest.mark.parametrize(("modality", "found"), [("CT", True), ("mr ", True), ("DX", False), (None, False)])
def test_a_header_tells_another_modality(modality, found):
    dicom = Header(format="dicom", modality=modality)
    assert ("other_modality" in marks(encoded(PICTURE), dicom)) == found


def test_a_nail_is_a_bright_bar():
    nailed = np.full((400, 300), 60, np.uint8)
    cv2.line(nailed, (140, 100), (165, 300), 250, 9, cv2.LINE_AA)
    assert has_bright_bars(nailed)


def test_round_and_dim_things_are_no_bright_bars():
    picture = np.full((400, 300), 60, np.uint8)
    cv2.circle(picture, (150, 120), 40, 250, -1, cv2.LINE_AA)
    cv2.line(picture, (140, 200), (165, 350), 110, 9, cv2.LINE_AA)
    assert not has_bright_bars(picture)
