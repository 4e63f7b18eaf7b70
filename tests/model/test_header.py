import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag

from model.header import Header


def test_every_column_is_taken():
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.Modality, dataset.BodyPartExamined, dataset.ViewPosition = "DX", "WRIST", "AP"
    dataset.PatientID, dataset.AccessionNumber = "P-1", "A-1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = "1.2", "1.3", "1.4"
    dataset.Laterality = "L"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 20, 30, "2"
    dataset.SOPClassUID, dataset.PresentationIntentType = "1.5", "FOR PRESENTATION"
    dataset.ImageType = ["DERIVED", "PRIMARY", ""]
    dataset.Manufacturer, dataset.ManufacturerModelName = "Maker", "Model"
    dataset.StationName = "Room"

    assert Header(
        format="dicom",
        modality="DX",
        body_part_examined="WRIST",
        laterality="L",
        view_position="AP",
        patient_id="P-1",
        accession_number="A-1",
        study_instance_uid="1.2",
        series_instance_uid="1.3",
        sop_instance_uid="1.4",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        rows=20,
        columns=30,
        frames=2,
        sop_class_uid="1.5",
        presentation_intent_type="FOR PRESENTATION",
        image_type=("DERIVED", "PRIMARY", ""),
        device="39534c6bf6c1",
        manufacturer="Maker",
        manufacturer_model_name="Model",
        station_name="Room",
    ) == Header.from_dataset(dataset)


def test_nothing_there_is_none_everywhere():
    assert Header(format="dicom") == Header.from_dataset(Dataset())


def test_a_picture_without_a_number_of_frames_has_one():
    dataset = Dataset()
    dataset.Rows = 5

    assert Header.from_dataset(dataset).frames == 1


def test_image_laterality_goes_before_laterality():
    dataset = Dataset()
    dataset.Laterality, dataset.ImageLaterality = "L", "R"

    assert Header.from_dataset(dataset).laterality == "R"


def test_of_several_values_the_first_counts():
    dataset = Dataset()
    dataset.add_new("PatientID", "LO", ["P-1", "P-2"])

    assert Header.from_dataset(dataset).patient_id == "P-1"


def test_an_image_type_of_one_value_is_one_value():
    dataset = Dataset()
    dataset.ImageType = "DERIVED"

    assert Header.from_dataset(dataset).image_type == ("DERIVED",)


def test_what_is_kept_of_a_header_is_cut():
    long = Header("dicom", modality="DX", patient_id="é" * 5000, rows=7, image_type=("A" * 5000, *"B" * 100))

    assert long.cut() == Header(
        "dicom", modality="DX", patient_id="é" * 1024, rows=7, image_type=("A" * 1024, *"B" * 63)
    )


@pytest.mark.parametrize(
    ("tag", "vr", "value", "column"),
    [
        (0x00280010, "US", b"\x01", "rows"),
        (0x00280008, "IS", b"many", "frames"),
        (0x00280008, "IS", b"-3", "frames"),
        (0x00080060, "SQ", b"\xff\xff", "modality"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_a_bad_element_is_none_and_no_exception(tag, vr, value, column):
    raw = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)
    dataset = Dataset({Tag(tag): raw})

    assert getattr(Header.from_dataset(dataset), column) is None
