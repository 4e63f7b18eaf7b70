import os
import subprocess
import sys

import pytest

from model.lab.audit.file_facts import facts_of, facts_of_all
from tests.support.pictures import dicom_bytes
from tests.support.radiographs import encoded, radiograph
from tests.support.shared import ROOT


@pytest.mark.parametrize(
    ("name", "content", "kind", "code", "wrong"),
    [
        ("a.PNG", encoded(radiograph(0)), "png", "", False),
        ("a.jpg", encoded(radiograph(0)), "png", "", True),
        ("a.dcm", dicom_bytes(1), "dicom", "", False),
        ("a", dicom_bytes(1), "dicom", "", False),
        ("a.png", dicom_bytes(1), "dicom", "", True),
        ("a.jpg", b"nothing", "unknown", "unknown_format", True),
        ("a.jpg", encoded(radiograph(0), ".jpg")[:500], "jpeg", "truncated", False),
    ],
)
def test_a_file_is_known_by_its_bytes(tmp_path, name, content, kind, code, wrong):
    (tmp_path / name).write_bytes(content)
    one = facts_of(tmp_path / name)
    assert (one.format, one.error_code, one.has_wrong_ending) == (kind, code, wrong)
    assert (one.square is None) == bool(code)


def test_a_file_that_is_not_there_is_missing(tmp_path):
    assert facts_of(tmp_path / "no.png").error_code == "missing"


def test_a_header_is_kept_as_digests(tmp_path):
    for name, patient in (("a", "ONE"), ("b", "ONE "), ("c", "TWO")):
        (tmp_path / name).write_bytes(dicom_bytes(1, PatientID=patient, StudyInstanceUID="1.2.3"))
    one, same, other = (facts_of(tmp_path / name) for name in "abc")
    assert one.patient == same.patient != other.patient
    assert one.study == other.study
    assert "ONE" not in str(one.patient)


def test_looks_come_in_the_order_of_the_files(tmp_path):
    paths = [tmp_path / f"{n}.png" for n in range(5)]
    for n, path in enumerate(paths):
        path.write_bytes(encoded(radiograph(n)))
    reported = []
    facts = facts_of_all(paths, 2, reported.append)
    assert [one.sha256 for one in facts] == [facts_of(path).sha256 for path in paths]
    assert reported == [1, 2, 3, 4, 5]


def test_its_children_do_not_come_from_the_one_forkserver_of_a_process(tmp_path):
    """That of decoding children forgets its environment; one that is started here would not."""
    path = tmp_path / "a.png"
    path.write_bytes(encoded(radiograph(0)))
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "from multiprocessing import forkserver\n"
        "from pathlib import Path\n"
        "from model.lab.audit.file_facts import facts_of_all\n"
        "if __name__ == '__main__':\n"
        "    (facts,) = facts_of_all([Path(sys.argv[1])], 1, lambda _: None)\n"
        "    assert not facts.error_code, facts\n"
        "    assert forkserver._forkserver._forkserver_pid is None\n"
    )
    subprocess.run([sys.executable, program, path], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
