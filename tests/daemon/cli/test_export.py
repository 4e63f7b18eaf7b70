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


@pytest.mark.parametrize("name", ["a.ods", "a.XLS", "a.json"])
def test_what_is_no_csv_is_not_written_under_another_name(name, recorded, tmp_path, call):
    end = call(recorded, "export", str(tmp_path / name))
    assert end.returncode == 64
    assert "name a file that ends so" in end.stderr
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("name", "begin"),
    [("a.jsonl", b'{"scan_id"'), ("a.parquet", b"PAR1"), ("a.xlsx", b"PK"), ("a.csv", b"scan_id")],
)
def test_the_ending_says_which_table_it_is(name, begin, recorded, tmp_path, call):
    for package in ("pyarrow", "xlsxwriter"):
        pytest.importorskip(package, reason="the extra `tables` is not installed")
    end = call(recorded, "export", str(tmp_path / name))
    assert end.returncode == 0, end.stderr
    assert (tmp_path / name).read_bytes().startswith(begin)
    assert "4 scans exported" in end.stderr


def test_a_package_that_is_absent_is_78_and_the_line_that_installs_it(recorded, tmp_path, call, monkeypatch):
    monkeypatch.setattr("storage.tables.formats.find_spec", lambda package: None)
    end = call(recorded, "export", str(tmp_path / "a.parquet"))
    assert end.returncode == 78
    assert "needs pyarrow, which is not installed" in end.stderr
    assert "pip install" in end.stderr


def test_a_csv_for_spreadsheets_has_the_mark_of_utf_8(recorded, tmp_path, call):
    assert call(recorded, "export", str(tmp_path / "a.csv"), "--bom").returncode == 0
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfscan_id,")


def test_reviews_are_a_table_of_their_own_of_each_kind(recorded, tmp_path, call):
    assert call(recorded, "review", "1.dcm", "--agree", "--as", "anna").returncode == 0
    for name, begin in (("a.csv", b"scan_id,reviewed_at,"), ("a.jsonl", b'{"scan_id"')):
        end = call(recorded, "export", str(tmp_path / name), "--reviews")
        assert end.returncode == 0, end.stderr
        assert "1 review exported" in end.stderr
        assert (tmp_path / name).read_bytes().startswith(begin)
    later = call(recorded, "export", "-", "--reviews", "--until", "2026-11-23")
    assert (later.returncode, len(later.stdout.splitlines())) == (0, 1)


def test_only_what_is_new_since_the_last_export_to_the_same_file(recorded, tmp_path, call):
    target = str(tmp_path / "new.csv")
    first, second = (call(recorded, "export", target, "--since-last") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "4 scans exported" in first.stderr
    assert "0 scans exported" in second.stderr
    assert (tmp_path / "new.csv").read_text().count("\n") == 1
    assert "4 scans exported" in call(recorded, "export", str(tmp_path / "other.csv"), "--since-last").stderr


@pytest.mark.parametrize("arguments", [["-"], ["new.csv", "--since", "2026-11-23"]], ids=str)
def test_since_last_goes_with_a_file_and_no_times(arguments, recorded, call):
    end = call(recorded, "export", *arguments, "--since-last")
    assert end.returncode == 64
    assert "it goes with a FILE" in end.stderr
