"""The table of `make soak`: each row has a test, each test of a fault a row, and what fails is seen."""

import json

import pytest

from tests.faults.conftest import Patient
from tests.soak.items import SHOWN, TITLES, Item, campaigns, pytests, rows_of, title
from tests.soak.table import Line, of_campaign, of_tests, text
from tests.support.tally import counts, take_tally

REPORT = """<testsuites><testsuite>
<testcase classname="tests.faults.test_07_08_09_repeats" name="test_07_touches_make_no_second_row" time="1.5">
 <properties><property name="files" value="20"/><property name="lost" value="1"/></properties>{}</testcase>
<testcase classname="tests.faults.test_07_08_09_repeats" name="test_08_the_same_name_again" time="2"/>
</testsuite></testsuites>"""


def test_a_test_belongs_to_the_rows_that_it_is_shown_for():
    assert rows_of(
        "tests/faults/test_31_32_kills.py", "test_a_kill_at_each_step_loses_and_doubles_nothing"
    ) == {32}
    assert rows_of("tests/faults/test_10_11_15_35_36_places.py", "test_11_anything_new") == {11}
    assert rows_of("tests/faults/test_12_special_files.py", "test_anything_new") == {12}


def test_every_row_has_a_title():
    """Break it: know the titles of the first rows alone; the table of a soak is not written."""
    assert all(0 < len(title(row)) <= 60 for row in SHOWN)


def test_what_is_run_elsewhere_are_tests(tmp_path):
    """A row may name a whole file: its helpers are no tests."""
    (elsewhere,) = [item for item in pytests(tmp_path) if item.name == "elsewhere"]
    named = [word for word in elsewhere.command if "::" in word]
    assert len(named) > 50
    assert [word for word in named if not word.partition("::")[2].startswith("test_")] == []


def test_every_row_is_run():
    run = {row for item in campaigns("") for row in [item.row]} | set(SHOWN)
    files = [item.command[-1].rpartition("/")[2] for item in pytests("")]
    run |= {row for file in files for row in rows_of(file, "test_anything")}
    assert set(TITLES) <= run


@pytest.mark.parametrize(
    ("end", "passed"), [("", "pass"), ("<failure/>", "fail"), ("<skipped/>", "skip"), ("<error/>", "fail")]
)
def test_a_report_gives_a_line_a_row(tmp_path, end, passed):
    (tmp_path / "a.xml").write_text(REPORT.format(end))
    (tmp_path / "cut.xml").write_text(REPORT[:50])
    first, second = of_tests(sorted(tmp_path.glob("*.xml")))
    assert (first.row, first.files, first.lost, first.passed, first.seconds) == (7, 20, 1, passed, 1.5)
    assert (second.row, second.files, second.passed) == (8, None, "pass")


def test_a_campaign_gives_a_line_and_the_table_lists_all():
    item = Item("sqlite", [], 31, "200 kills")
    line = of_campaign(item, 0, '{"files": 2000, "lost": 0, "twice": 0}', 12.34)
    assert line == Line(31, "200 kills", 2000, 0, 0, "pass", 12.3)
    at_work = of_campaign(item, 0, '{"files": 2000, "lost": 0, "twice": 0, "kills_at_work": 134}', 12.34)
    assert at_work.what == "200 kills (134 with files in work)"
    shown = json.dumps(counts(3, [{"source_name": name} for name in "aab"]))
    assert of_campaign(item, 1, shown, 1) == Line(31, "200 kills", 3, 1, 1, "fail", 1)
    assert of_campaign(item, 1, "no JSON", 1).passed == "fail"
    assert text([line]).splitlines()[1].split() == ["31", "200", "kills", "2000", "0", "0", "pass", "12.3"]


def test_files_that_never_get_their_row_are_counted_as_lost(tmp_path):
    class Losing(Patient):
        """One whose daemon answered one file and no other."""

        def rows(self, folder):
            return [{"source_name": f"{folder}/1"}]

    with pytest.raises(AssertionError, match="in vain"):
        Losing(tmp_path).wait_for("ward", 3, timeout_s=0)
    assert take_tally() == {"files": 3, "lost": 2, "twice": 0}
