import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.daemons import inboxray
from tests.support.pictures import dicom_bytes, png_bytes
from tests.support.tensorflow import import_tensorflow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    (folder / "b").mkdir()
    (folder / "b" / "1.dcm").write_bytes(dicom_bytes(1))
    (folder / "a.png").write_bytes(png_bytes(2))
    (folder / "c.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(png_bytes(3))
    (folder / "link.png").symlink_to(folder / "a.png")
    return folder


def test_a_row_a_frame_in_the_order_of_names_and_65_for_a_failed_one(folder):
    end = inboxray(folder / "none", "classify", str(folder), "--format", "csv")
    head, *rows = csv.reader(io.StringIO(end.stdout))
    assert head == [
        *("path", "outcome", "error_code", "frame", "decision", "probability", "model"),
        *("warnings", "error_detail"),
    ]
    assert [f"{folder}/a.png", f"{folder}/b/1.dcm", f"{folder}/c.txt"] == [row[0] for row in rows]
    assert [row[1:4] for row in rows[:2]] == [["classified", "", "1"]] * 2
    assert rows[2][1:7] == ["failed", "unknown_format", "", "", "", ""]
    assert "no DICOM, PNG or JPEG" in rows[2][8]
    assert all(0 <= float(row[5]) <= 1 and "@" in row[6] for row in rows[:2])
    assert end.returncode == 65
    assert "1 of 3 files failed" in end.stderr
    assert "unknown_format: The file is no DICOM, PNG or JPEG" in end.stderr
    assert not (folder / "none").exists()


def test_a_file_that_is_named_is_taken_link_or_not(folder):
    end = inboxray(folder, "classify", str(folder / "link.png"), str(folder / "a.png"), "--format", "json")
    assert end.returncode == 0, end.stderr
    link, itself = json.loads(end.stdout)
    assert itself["probability"] == link["probability"]


def test_a_missing_path_is_66_before_anything_is_classified(folder):
    end = inboxray(folder, "classify", str(folder), str(folder / "gone"))
    assert (end.returncode, end.stdout) == (66, "")


def test_an_empty_folder_is_no_error(tmp_path):
    end = inboxray(tmp_path, "classify", str(tmp_path), "--format", "json")
    assert (end.returncode, json.loads(end.stdout)) == (0, [])


@pytest.mark.tensorflow
def test_the_reference_engine_says_the_same(folder, call):
    import_tensorflow()
    asked = ("classify", str(folder / "a.png"), "--format", "json", "--engine")
    served, reference = (json.loads(call(folder, *asked, one).stdout) for one in ("litert", "tensorflow"))
    assert pytest.approx(served[0]["probability"], abs=1e-4) == reference[0]["probability"]


def test_heat_maps_are_drawn_for_what_was_not_abstained(tmp_path):
    """A hand for which the release has an answer, and noise for which it has none."""
    pydicom_data = pytest.importorskip("data_store", reason="the package `pydicom-data` is not installed")
    scans, out = tmp_path / "scans", tmp_path / "scans" / "maps"
    scans.mkdir()
    leg = Path(pydicom_data.__file__).parent / "data" / "RG3_UNCR.dcm"
    (scans / "leg.dcm").symlink_to(leg)
    noise = np.random.default_rng(0).integers(0, 256, (90, 60), dtype=np.uint8)
    Image.fromarray(noise).save(scans / "noise.png")
    asked = ("classify", str(scans / "leg.dcm"), str(scans), "--heatmap", str(out), "--format", "json")

    end = inboxray(tmp_path, *asked)

    decisions = {Path(row["path"]).name: row["decision"] for row in json.loads(end.stdout)}
    assert end.returncode == 0, end.stderr
    assert decisions["noise.png"] == "abstained"
    expected = [] if decisions["leg.dcm"] == "abstained" else ["leg-heatmap.png"]
    assert [path.name for path in out.iterdir()] == expected
    assert f"{len(expected)} heat map" in end.stderr
    assert f"drawn, below {out}" in end.stderr
    assert f"no heat map was drawn for {2 - len(expected)} frame" in end.stderr
