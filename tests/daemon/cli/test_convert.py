import csv
import io

import numpy as np
import pytest
from PIL import Image

from tests.support.dicom_files import native
from tests.support.pictures import dicom_bytes, pixels, png_bytes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    (folder / "b").mkdir()
    (folder / "b" / "1.dcm").write_bytes(dicom_bytes(1))
    (folder / "a.png").write_bytes(png_bytes(2))
    (folder / "two.dcm").write_bytes(native(np.stack([pixels(1), pixels(2)])))
    return folder


def convert(call, tmp_path, *arguments, **settings):
    end = call(tmp_path / "spool", "convert", *map(str, arguments), "--format", "csv", **settings)
    return end, list(csv.DictReader(io.StringIO(end.stdout)))


def test_a_row_a_picture_and_the_structure_of_the_folder(call, tmp_path, folder):
    out = tmp_path / "out"
    end, found = convert(call, tmp_path, folder, "--out", out, decode_workers=1)
    assert end.returncode == 0, end.stderr
    assert [row["picture"] for row in found] == [
        f"{out}/{name}" for name in ("a.png", "b/1.png", "two-0001.png", "two-0002.png")
    ]
    assert [row["frame"] for row in found] == ["1", "1", "1", "2"]
    assert {row["outcome"] for row in found} == {"converted"}
    with Image.open(out / "b" / "1.png") as picture:
        assert (picture.size, picture.mode) == ((80, 96), "I;16")
    assert not (tmp_path / "spool").exists()

    end, found = convert(call, tmp_path, folder / "a.png", "--out", out, decode_workers=1)
    assert (end.returncode, found[0]["error_code"]) == (65, "exists")
    assert "nothing was overwritten" in end.stderr


def test_size_and_bits_and_65_after_all_of_them(call, tmp_path, folder):
    (tmp_path / "text").write_text("no picture")
    arguments = (tmp_path / "text", folder / "a.png", "--out", tmp_path, "--size", 64, "--bits", 8)
    end, found = convert(call, tmp_path, *arguments, decode_workers=1)
    assert [(row["outcome"], row["error_code"]) for row in found] == [
        ("failed", "unknown_format"),
        ("converted", ""),
    ]
    assert end.returncode == 65
    assert "unknown_format: The file is no DICOM, PNG or JPEG" in end.stderr
    with Image.open(tmp_path / "a.png") as picture:
        assert (picture.size, picture.mode) == ((64, 64), "L")


def test_what_is_excluded_from_the_network_can_be_looked_at(call, tmp_path, folder):
    arguments = (folder / "b" / "1.dcm", "--out", tmp_path / "out")
    end, _ = convert(call, tmp_path, *arguments, exclude_modalities="CR", decode_workers=1)
    assert end.returncode == 0, end.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("gone", "--out", "out"), 66),
        ((".", "--out", "/dev/null/out"), 73),
        ((".", "--out", "out", "--bits", "12"), 64),
        ((".", "--out", "out", "--size", "0"), 64),
        ((".",), 64),
    ],
)
def test_how_it_refuses(call, tmp_path, monkeypatch, arguments, code):
    monkeypatch.chdir(tmp_path)
    end = call(tmp_path / "spool", "convert", *arguments)
    assert (end.returncode, end.stdout) == (code, "")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_named_with_its_option(call, tmp_path, folder):
    file = folder / "a.png"
    end, _ = convert(call, tmp_path, file, "--out", file)
    assert end.returncode == 73
    assert f"{file}, cannot be made or written: it is no folder; name another by --out" in end.stderr

    end = call(tmp_path / "spool", "classify", str(file), "--heatmap", "/dev/null/maps")
    assert end.returncode == 73
    assert "/dev/null/maps, cannot be made" in end.stderr
    assert "name another by --heatmap" in end.stderr
