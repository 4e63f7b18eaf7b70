import pytest

from model.errors import (
    BadPixels,
    ExcludedBodyPart,
    ExcludedModality,
    ExcludedPresentation,
    ScanError,
    TooLarge,
    Truncated,
    UnsupportedTransferSyntax,
)
from model.header import Header
from model.reading.eligibility import Eligibility, coded
from model.reading.limits import Limits
from model.reading.prepare import prepare
from tests.support.dicom_files import encapsulated, native
from tests.support.pictures import jpeg_bytes, pixels, png_bytes

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MULTI_FRAME_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.3"
DX_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
STRICT = Eligibility(
    modalities=frozenset({"DX"}),
    exclude_modalities=frozenset({"US"}),
    body_parts=frozenset({"WRIST"}),
    exclude_body_parts=frozenset({"CHEST"}),
    presentation="presentation",
    takes_secondary_captures=False,
    takes_derived=False,
    takes_localizers=False,
)


def header(**values):
    return Header(format="dicom", **values)


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"modality": "US", "body_part_examined": "CHEST", "presentation_intent_type": "FOR PROCESSING"},
        {"sop_class_uid": SECONDARY_CAPTURE, "image_type": ("DERIVED", "SECONDARY", "LOCALIZER")},
    ],
)
def test_the_default_excludes_nothing(shown):
    assert Eligibility().reason(header(**shown)) is None


def test_what_the_header_does_not_say_excludes_nothing():
    assert STRICT.reason(header()) is None
    assert STRICT.reason(header(modality="", body_part_examined=" ", image_type=("",))) is None
    for form in ("png", "jpeg"):
        assert STRICT.reason(Header(format=form, rows=1, columns=1, frames=1)) is None


@pytest.mark.parametrize("shown", ["DX", "dx", " Dx \0"])
def test_codes_are_compared_without_their_case_and_blanks(shown):
    assert Eligibility(modalities=frozenset({"DX", "CR"})).reason(header(modality=shown)) is None
    assert (
        Eligibility(exclude_modalities=frozenset({"DX"})).reason(header(modality=shown)) is ExcludedModality
    )
    assert Eligibility(modalities=frozenset({"CR"})).reason(header(modality=shown)) is ExcludedModality


def test_a_body_part_of_two_words():
    only = Eligibility(body_parts=frozenset({coded("upper  leg")}))
    assert only.reason(header(body_part_examined="UPPER LEG ")) is None
    assert only.reason(header(body_part_examined="LEG")) is ExcludedBodyPart


def test_to_exclude_goes_before_to_take():
    both = Eligibility(modalities=frozenset({"DX"}), exclude_modalities=frozenset({"DX"}))
    assert both.reason(header(modality="DX")) is ExcludedModality


@pytest.mark.parametrize(
    ("wanted", "shown", "excluded"),
    [
        ("any", "FOR PROCESSING", False),
        ("presentation", "FOR PROCESSING", True),
        ("presentation", "for presentation ", False),
        ("presentation", None, False),
        ("processing", "FOR PRESENTATION", True),
        ("processing", "FOR PROCESSING", False),
        ("processing", None, False),
    ],
)
def test_presentation_intent(wanted, shown, excluded):
    reason = Eligibility(presentation=wanted).reason(header(presentation_intent_type=shown))
    assert reason is (ExcludedPresentation if excluded else None)


@pytest.mark.parametrize(
    ("setting", "shown", "excluded"),
    [
        ("takes_secondary_captures", {"sop_class_uid": SECONDARY_CAPTURE}, True),
        ("takes_secondary_captures", {"sop_class_uid": MULTI_FRAME_SECONDARY_CAPTURE}, True),
        ("takes_secondary_captures", {"sop_class_uid": DX_FOR_PROCESSING}, False),
        ("takes_secondary_captures", {"image_type": ("DERIVED", "SECONDARY")}, False),
        ("takes_derived", {"image_type": ("Derived ", "PRIMARY")}, True),
        ("takes_derived", {"image_type": ("ORIGINAL", "PRIMARY", "DERIVED")}, False),
        ("takes_localizers", {"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, True),
        ("takes_localizers", {"image_type": ("ORIGINAL", "PRIMARY", "", "LOCALIZER")}, True),
        ("takes_localizers", {"image_type": ("ORIGINAL", "PRIMARY", "AXIAL")}, False),
    ],
)
def test_captures_derived_images_and_localizers(setting, shown, excluded):
    reason = Eligibility(**{setting: False}).reason(header(**shown))
    assert reason is (ExcludedPresentation if excluded else None)


def why(data, eligibility, limits=Limits()):  # noqa: B008 -- frozen
    with pytest.raises(ScanError) as caught:
        prepare(data, limits, eligibility=eligibility)
    return type(caught.value)


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"Modality": "US"}, ExcludedModality),
        ({"BodyPartExamined": "CHEST"}, ExcludedBodyPart),
        ({"PresentationIntentType": "FOR PROCESSING"}, ExcludedPresentation),
        ({"SOPClassUID": SECONDARY_CAPTURE}, ExcludedPresentation),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, ExcludedPresentation),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, ExcludedPresentation),
    ],
)
def test_a_real_file_is_excluded_by_each_of_its_elements(elements, reason):
    picture = pixels(1)
    assert why(native(picture, **{"Modality": "DX"} | elements), STRICT) is reason
    prepare(native(picture, **{"Modality": "DX"} | elements))


def test_pictures_without_a_header_are_always_for_the_network():
    for data in (png_bytes(1), jpeg_bytes(1)):
        assert prepare(data, eligibility=STRICT).inputs.shape == (1, 224, 224)


def test_no_pixel_of_an_excluded_scan_is_decoded():
    data = encapsulated(pixels(1), [b"rubbish."], "1.2.840.10008.1.2.5", Modality="US")
    assert why(data, Eligibility()) is BadPixels
    assert why(data, STRICT) is ExcludedModality


def test_what_we_could_not_read_anyway_is_excluded_and_what_is_broken_is_not():
    video = encapsulated(pixels(1), [b"rubbish."], "1.2.840.10008.1.2.4.100", Modality="US")
    assert why(video, Eligibility()) is UnsupportedTransferSyntax
    assert why(video, STRICT) is ExcludedModality
    data = native(pixels(1), Modality="US")
    few = Limits(max_pixels_per_frame=10)
    assert [why(data, one, few) for one in (Eligibility(), STRICT)] == [TooLarge, ExcludedModality]
    assert why(data[:-100], STRICT) is Truncated
