import pytest


def test_a_file_gets_a_header_and_a_line_a_scan(recorded, tmp_path, call):
    target = tmp_path / "out.csv"
    target.write_text("an older export")
    end = call(recorded, "export", str(target))
    assert (end.returncode, end.stdout) == (0, "")
    assert len(target.read_text().splitlines()) == 5
    assert f"4 scans exported; {target} holds what the database holds of patients" in end.stderr


def test_since_and_until(recorded, call):
    end = call(recorded, "export", "-", "--since", "2026-11-23T12:00:04Z", "--until", "2026-11-23T13:00Z")
    assert len(end.stdout.splitlines()) == 2
    assert end.stderr == "1 scan exported\n"


def test_a_file_that_cannot_be_made_is_73(recorded, tmp_path, call):
    end = call(recorded, "export", str(tmp_path / "no" / "such" / "folder.csv"))
    assert end.returncode == 73


@pytest.mark.parametrize("name", ["a.parquet", "a.XLSX", "a.json"])
def test_what_is_no_csv_is_not_written_under_another_name(name, recorded, tmp_path, call):
    end = call(recorded, "export", str(tmp_path / name))
    assert end.returncode == 64
    assert "name a .csv file" in end.stderr
    assert not (tmp_path / name).exists()
