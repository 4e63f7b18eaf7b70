import inspect
from dataclasses import fields

import pytest

from daemon.cli.filter_options import filtered
from daemon.cli.report import report
from daemon.cli.results import results
from storage.filters import Filters


def test_the_second_parameter_gets_what_was_typed():
    got = []

    @filtered
    def command(places, filters: "Filters", *, out: str = "x") -> None:
        got.append((places, filters, out))

    asked = {name: None for name in inspect.signature(command).parameters if name not in ("places", "out")}
    command("here", **(asked | {"code": "Empty-File", "current": True, "sha256": f" {'AB' * 32} "}), out="y")
    assert got == [("here", Filters(error_code="empty_file", only_current=True, sha256="ab" * 32), "y")]


def test_every_filter_has_its_option_in_each_command_that_has_them():
    """Break it: add a filter, and no option."""
    other = {"limit", "offset", "order", "after", "before", "reach"}  # of a part of a list, on the page
    renamed = {"error_code": "code", "only_current": "current"}
    wanted = {renamed.get(field.name, field.name) for field in fields(Filters)} - other
    for command in (results, report):
        assert wanted <= set(inspect.signature(command).parameters)


@pytest.mark.parametrize("command", ["results", "report"])
def test_a_word_that_no_row_can_have_is_refused(command, recorded, tmp_path, call):
    out = ["--out", str(tmp_path / "report.html")] if command == "report" else []
    end = call(recorded, command, *out, "--decision", "broken")
    assert end.returncode == 64
    assert "one of fractured, uncertain, abstained, not_fractured is wanted" in end.stderr


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--sha256", "0024d71f4d85"], "all 64 hexadecimal digits are wanted"),
        (["--sha256", "z" * 64], "all 64 hexadecimal digits are wanted"),
        (["--region", "handd"], "one of hand, leg, hip, shoulder, several, other is wanted"),
        (["--since", "2026-12-01", "--until", "2026-11-01"], "it is later than --until"),
    ],
)
def test_what_no_row_can_match_is_refused(asked, words, recorded, call):
    """Break it: let it find nothing. A log line shows twelve digits of a hash, which looked so."""
    end = call(recorded, "results", *asked)
    assert (end.returncode, end.stdout) == (64, "")
    assert words in " ".join(end.stderr.split())


@pytest.mark.parametrize("value", ["\udcff.png", "%" * 60_000], ids=["no UTF-8", "long"])
@pytest.mark.parametrize("option", ["--name", "--patient", "--calling-ae"])
def test_a_text_that_no_database_takes_is_refused_before_anything_is_printed(option, value, recorded, call):
    """Break it: hand it to SQLite, which says that a value cannot be written, or the database be used."""
    end = call(recorded, "results", option, value, "--format", "csv")
    assert (end.returncode, end.stdout) == (64, "")
    assert f"for {option}: a text of UTF-8 of at most 4096 characters" in end.stderr
