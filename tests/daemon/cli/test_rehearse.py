"""A rehearsal with a real Orthanc: what was sent arrives, and what an archive drops is shown."""

import shutil
import subprocess

import pytest

from daemon.network.rehearsal.alone import alone
from tests.support.dicom_files import NATIVE, image, to_bytes
from tests.support.radiographs import radiograph

needs_orthanc = pytest.mark.skipif(
    not all(map(shutil.which, ("Orthanc", "storescu", "unshare")))
    or subprocess.run(alone(["true"]), capture_output=True, check=False).returncode != 0,
    reason="orthanc or dcmtk is not installed, or there is no network of its own",
)


@needs_orthanc
def test_what_is_sent_arrives_and_the_second_of_one_instance_does_not(tmp_path, call):
    for number, syntax in enumerate(NATIVE[:2]):
        dataset = image(radiograph(number), SOPInstanceUID=f"1.2.3.{number}", PatientID="P1")
        for name, value in (("StudyInstanceUID", "1.2.8"), ("SeriesInstanceUID", "1.2.9")):
            setattr(dataset, name, value)
        (tmp_path / f"{number}.dcm").write_bytes(to_bytes(dataset, syntax))
    again = image(radiograph(9), SOPInstanceUID="1.2.3.0", PatientID="P1")
    again.StudyInstanceUID, again.SeriesInstanceUID = "1.2.8", "1.2.9"
    (tmp_path / "again.dcm").write_bytes(to_bytes(again))
    files = [str(tmp_path / name) for name in ("0.dcm", "1.dcm", "again.dcm")]

    end = call(tmp_path / "spool", "rehearse", *files)

    lines = [line.split("│") for line in end.stdout.splitlines() if ".dcm" in line]
    steps = [[cell.strip() for cell in line[2:5]] for line in lines]
    assert steps == [["yes", "yes", "yes"], ["yes", "yes", "yes"], ["yes", "yes", "no"]], end.stderr
    assert all(line[5].strip() in ("fractured", "uncertain", "abstained", "not_fractured") for line in lines)
    assert end.returncode == 65
    assert "1 of 3 files did not arrive" in end.stderr
    assert not (tmp_path / "spool").exists()


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path, call):
    end = call(tmp_path / "spool", "rehearse", str(tmp_path / "none.dcm"))
    assert end.returncode == 64
