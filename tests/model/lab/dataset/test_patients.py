import numpy as np
import pytest
from PIL import Image
from pydicom.uid import ExplicitVRBigEndian

from model.lab.dataset.examples import DatasetError, read_examples
from model.lab.dataset.patients import join_patients, patient_id_of
from model.lab.dataset.prepared import prepare_examples
from tests.support.dicom_files import native

PICTURES = np.random.default_rng(0).integers(0, 4096, (6, 40, 30), dtype=np.uint16)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def folder(tmp_path):
    """Two patients by their headers with two pictures each, and a DICOM and a PNG that do not tell."""
    for number, patient in enumerate(["DOE", "DOE ", "ROE", "ROE", None]):
        label = "fractured" if number < 2 else "not_fractured"
        elements = {"PatientID": patient} if patient else {}
        write(tmp_path / label / f"{number}.dcm", native(PICTURES[number], **elements))
    Image.fromarray((PICTURES[5] // 16).astype(np.uint8)).save(tmp_path / "fractured" / "5.png")
    return tmp_path


def test_dicom_files_tell_their_patients(folder):
    examples = {example.path.name: example for example in read_examples(folder)}

    patients = [examples[name].patient for name in ("0.dcm", "1.dcm", "2.dcm", "3.dcm", "4.dcm", "5.png")]
    assert patients[0] == patients[1]
    assert patients[2] == patients[3]
    assert len(set(patients)) == 4
    assert patients[4:] == [examples[name].sha256 for name in ("4.dcm", "5.png")]


def test_nothing_of_a_header_gets_into_an_example(folder):
    shown = repr(read_examples(folder))

    assert "DOE" not in shown
    assert "dicom:" not in shown


def test_a_manifest_that_tells_patients_is_believed(folder):
    files = sorted(path for path in folder.rglob("*.*") if path.is_file())
    rows = [f"{path.relative_to(folder)},{path.parent.name},p{n % 2}" for n, path in enumerate(files)]
    (folder / "manifest.csv").write_text("file,label,patient_group\n" + "\n".join(rows) + "\n")

    by_folder, by_file = read_examples(folder), read_examples(folder / "manifest.csv")

    assert {"p0", "p1"} == {example.patient for example in by_folder}
    assert by_folder == by_file


def test_one_picture_in_two_encodings_is_one_source_of_one_patient(folder, tmp_path):
    again = native(PICTURES[4], ExplicitVRBigEndian, PatientID="ROE")
    write(folder / "not_fractured" / "again.dcm", again)

    kept, _, _ = prepare_examples(read_examples(folder), tmp_path / "cache")

    by_name = {example.path.name: example for example in kept}
    assert by_name["again.dcm"].source == by_name["4.dcm"].source
    assert by_name["4.dcm"].patient == by_name["2.dcm"].patient
    assert len({example.source for example in kept}) == 6


def test_one_picture_in_two_encodings_with_both_labels_is_refused(folder, tmp_path):
    write(folder / "fractured" / "again.dcm", native(PICTURES[4], ExplicitVRBigEndian))

    with pytest.raises(DatasetError, match="contrary labels"):
        prepare_examples(read_examples(folder), tmp_path / "cache")


def test_nothing_readable_is_said(tmp_path):
    for label in ("fractured", "not_fractured"):
        write(tmp_path / label / "x.png", label.encode())

    with pytest.raises(DatasetError, match="none of the 2 files"):
        prepare_examples(read_examples(tmp_path), tmp_path / "cache")


def test_patients_that_share_a_source_are_one():
    sources = ["a", "b", "b", "c", "d"]

    assert join_patients(sources, ["p", "p", "q", "r", "dicom:1"]) == ("p", "p", "p", "r", "d")


@pytest.mark.parametrize(
    "content", [b"", b"no picture", native(PICTURES[0]), native(PICTURES[0], PatientID="  ")]
)
def test_who_does_not_tell_has_no_id(content):
    assert patient_id_of(content) is None
