"""A rehearsal with a real Orthanc: what was sent arrives, and what an archive drops is shown."""

import shutil
import subprocess

import pytest
from pydicom import dcmread

from daemon.network.rehearsal import own_commands
from daemon.network.rehearsal.alone import alone
from daemon.network.rehearsal.rehearse import can_store_results
from tests.support.archives import StoreScp, needs_storescp
from tests.support.daemons import environment, start
from tests.support.dicom_files import NATIVE, image, to_bytes
from tests.support.forked import fork_server
from tests.support.own_network import VARIABLE, own_network
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

    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in end.stdout.splitlines()]
    objects = [row for row in cells if len(row) == 8]
    lines = [line.split("│") for line in end.stdout.splitlines() if ".dcm" in line and line.count("│") == 6]
    steps = [[cell.strip() for cell in line[2:5]] for line in lines]
    assert steps == [["yes", "yes", "yes"], ["yes", "yes", "yes"], ["yes", "yes", "no"]], end.stderr
    assert all(line[5].strip() in ("fractured", "uncertain", "abstained", "not_fractured") for line in lines)
    assert end.returncode == 65
    assert "1 of 3 files did not arrive" in end.stderr
    assert not (tmp_path / "spool").exists()
    if not can_store_results():
        pytest.skip("the extra `pacs` is not installed: no answer was stored")
    assert {row[1] for row in objects} >= {"sr", "sc"}, end.stderr
    for row in objects:
        assert row[2:4] == ["confirmed", "yes"]
        assert set(row[4:]) <= {"good", "-", "not installed"}, row
    assert "objects did not come back" not in end.stderr


@needs_storescp
@pytest.mark.skipif(not can_store_results(), reason="the extra `pacs` is not installed")
def test_an_archive_of_ones_own_gets_test_images_and_their_answers_and_it_says_what_to_delete(
    tmp_path, call, monkeypatch
):
    fork_server()  # is of all tests, and born outside
    with own_network() as path, StoreScp(tmp_path / "store") as archive:

        def forked(words, spool, settings, **streams):
            env = environment(spool, log_format="json", **settings) | {VARIABLE: path}
            return start(words, module="tests.support.networked_process", env=env, **streams)

        monkeypatch.setattr(own_commands, "start", forked)  # the same commands, without their imports
        end = call(tmp_path / "spool", "rehearse", "--against", archive.address)
        held = [dcmread(path) for path in archive.folder.iterdir()]
    assert end.returncode == 0, end.stderr
    assert {str(one.PatientName) for one in held} == {"TEST^INBOXRAY^DELETE"}
    images = [one for one in held if one.Modality == "CR"]
    assert [one.QualityControlImage for one in images] == ["YES", "YES"]
    assert {one.Modality for one in held} >= {"CR", "SR", "OT"}
    (study,) = {one.StudyInstanceUID for one in held}
    (patient,) = {one.PatientID for one in held}
    assert f"delete there now: patient {patient}, study {study}" in end.stderr
    assert not (tmp_path / "spool").exists()


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path, call):
    end = call(tmp_path / "spool", "rehearse", str(tmp_path / "none.dcm"))
    assert end.returncode == 64


@pytest.mark.parametrize(
    "words", [[], ["{file}", "--against", "dicom://A@127.0.0.1:104"], ["--against", "A"]]
)
def test_files_or_an_archive_are_given_and_an_address_is_one(tmp_path, call, words):
    file = tmp_path / "a.dcm"
    file.touch()
    end = call(tmp_path / "spool", "rehearse", *(word.format(file=file) for word in words))
    assert end.returncode == 64, end.stderr
