import builtins
import sys

from daemon.cli.page import names


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
    for module in [name for name in sys.modules if name.startswith(("daemon.web", "uvicorn"))]:
        monkeypatch.delitem(sys.modules, module)
    end = call(recorded, "page")
    assert end.returncode == 78
    assert "the page needs uvicorn, which is not installed" in end.stderr
    assert "pip install" in end.stderr
