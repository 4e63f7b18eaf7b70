import builtins
import json

import pytest

from daemon.spool.folders import Spool
from tests.support.daemons import inboxray
from tests.support.forgotten import forget_modules
from tests.support.pictures import dicom_bytes, png_bytes

pytest.importorskip("jinja2", reason="the extra `page` is not installed")


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    spool = tmp_path_factory.mktemp("answered") / "spool"
    (spool / "inbox").mkdir(parents=True)
    (spool / "inbox" / "one.png").write_bytes(png_bytes(1))
    (spool / "inbox" / "two.dcm").write_bytes(dicom_bytes(2))
    (spool / "inbox" / "note.txt").write_bytes(b"no picture")
    assert inboxray(spool, "once", settle_s=0.2, incomplete_wait_s=0.2).returncode == 0
    return spool


def test_it_writes_one_page_with_the_pictures_of_what_was_chosen(answered, tmp_path, call):
    out = tmp_path / "report.html"
    end = call(answered, "report", "--out", str(out), "--outcome", "classified")
    assert end.returncode == 0, end.stderr
    assert "2 scans, 2 pictures" in end.stderr
    assert "holds what the database holds of patients" in end.stderr
    page = out.read_text()
    assert page.count('<image id="p') == 2
    assert "one.png" in page
    assert "note.txt" not in page
    assert out.stat().st_mode & 0o777 == 0o600
    acts = [json.loads(line) for line in (Spool(answered).root / ".audit.jsonl").read_text().splitlines()]
    assert [(act["command"], act["scans"], act["pictures"]) for act in acts] == [("report", 2, 2)]


def test_identifiers_are_left_out_if_that_is_set_or_asked_for(answered, tmp_path, call):
    for number, (arguments, settings) in enumerate(
        [((), {"identifiers": "drop"}), (("--without-identifiers",), {})]
    ):
        out = tmp_path / f"{number}.html"
        end = call(answered, "report", "--out", str(out), "--most", "1", *arguments, **settings)
        assert end.returncode == 0, end.stderr
        page = out.read_text()
        assert "one.png" not in page
        assert page.count('<image id="p') == 1


def test_without_a_database_no_file_is_made(tmp_path, call):
    end = call(tmp_path / "none", "report", "--out", str(tmp_path / "report.html"))
    assert end.returncode == 66
    assert not (tmp_path / "report.html").exists()


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(answered, tmp_path, call, monkeypatch):
    really = builtins.__import__

    def without(name, *arguments):
        if name.partition(".")[0] == "jinja2":
            raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")
        return really(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    forget_modules(monkeypatch, "daemon.web", "jinja2")
    end = call(answered, "report", "--out", str(tmp_path / "report.html"))
    assert end.returncode == 78
    assert "a report needs jinja2, which is not installed" in end.stderr
