import builtins
import sqlite3
import urllib.request
from contextlib import closing

import pytest

from daemon.cli.page import names
from tests.support.browser import served_page
from tests.support.deadlines import scaled
from tests.support.forgotten import forget_modules
from tests.support.recorded import fill


def test_an_address_that_others_reach_is_refused_before_anything_is_opened(tmp_path, call):
    end = call(tmp_path / "none", "page", "--listen", "0.0.0.0:8070")
    assert end.returncode == 78
    assert "loopback" in end.stderr


def test_so_is_a_token_that_all_may_read(tmp_path, call):
    token = tmp_path / "token"
    token.write_text("a-token-of-many-characters")
    token.chmod(0o644)
    end = call(tmp_path / "none", "page", "--listen", "0.0.0.0:8070", "--token-file", str(token))
    assert end.returncode == 78
    assert "others may read or change the token file" in end.stderr


def test_it_answers_under_the_address_that_it_listens_at_and_under_given_names():
    assert names("2001:db8::1", ["RAD.example"]) == {"[2001:db8::1]", "rad.example"}
    assert names("192.0.2.7", []) == {"192.0.2.7"}


def test_without_a_database_it_says_so(tmp_path, call):
    end = call(tmp_path / "none", "page", "--listen", "127.0.0.1:0")
    assert end.returncode == 66
    assert "the page is at" not in end.stderr


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(recorded, call, monkeypatch):
    really = builtins.__import__

    def without(name, *arguments):
        if name.partition(".")[0] == "uvicorn":
            raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")
        return really(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    forget_modules(monkeypatch, "daemon.web", "uvicorn")
    end = call(recorded, "page")
    assert end.returncode == 78
    assert "the page needs uvicorn, which is not installed" in end.stderr
    assert "pip install" in end.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--reviewer", " "),
        ("--reviewer", ""),
        ("--reviewer-header", "X User"),
        ("--reviewer", "a", "--reviewer-header", "X-User"),
    ],
)
def test_who_reviews_has_to_have_a_name(options, tmp_path, call):
    assert call(tmp_path / "none", "page", *options).returncode == 64


def test_a_page_that_takes_reviews_reads_without_the_write_lock(tmp_path):
    """Break it: read by the engine that writes. Page and daemon wait for each other, up to 30 s."""
    spool = fill(tmp_path / "spool")
    with (
        served_page(spool, tmp_path, "--reviewer", "Dr. A") as address,
        closing(sqlite3.connect(spool / "results.db")) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with urllib.request.urlopen(address, timeout=scaled(20)) as answer:  # noqa: S310 -- ours
            assert answer.status == 200
        other.rollback()
