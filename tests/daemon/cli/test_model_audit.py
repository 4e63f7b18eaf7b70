import json

from tests.support.radiographs import encoded, radiograph, turned


def test_audit_prints_data_to_stdout_and_writes_a_folder(tmp_path, call):
    data, out = tmp_path / "data", tmp_path / "out"
    for folder in ("fractured", "not fractured"):
        (data / folder).mkdir(parents=True)
    (data / "fractured" / "a.png").write_bytes(encoded(radiograph(0)))
    (data / "fractured" / "b.png").write_bytes(encoded(turned(radiograph(0), 20)))
    (data / "not fractured" / "c.png").write_bytes(encoded(radiograph(1)))
    end = call(tmp_path, "model", "audit", str(data), "--json", "--out", str(out), "--jobs", "1")
    assert end.returncode == 0, end.stderr
    assert json.loads(end.stdout)["summary"]["sources"] == 2
    assert (out / "audit.md").is_file()
    assert str(out) in end.stderr


def test_audit_says_what_is_missing(tmp_path, call):
    assert call(tmp_path, "model", "audit", str(tmp_path / "no")).returncode == 66
    assert call(tmp_path, "model", "audit", str(tmp_path)).returncode == 65
