import pytest


@pytest.mark.parametrize("missing", ["release", "report"])
def test_what_is_not_there_is_66(tmp_path, call, missing):
    for name in {"release", "report"} - {missing}:
        (tmp_path / name).mkdir()

    end = call(tmp_path, "model", "card", str(tmp_path / "release"), str(tmp_path / "report"))

    assert end.returncode == 66
    assert str(tmp_path / missing) in end.stderr


def test_what_is_no_release_is_78(tmp_path, call):
    (tmp_path / "report.json").write_text("{}")

    assert call(tmp_path, "model", "card", str(tmp_path), str(tmp_path / "report.json")).returncode == 78
