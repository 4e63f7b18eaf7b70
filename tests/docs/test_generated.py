"""What the documents say in tables is what the code says.

Break it: change the description of a setting, the help of a command, a column, a code, or a warning.
"""

import ast
import re

import pytest

from daemon.spool.warnings import OF_OLDER_ROWS, WARNINGS
from storage.results_view import RESULT_COLUMNS
from storage.vocabulary import DECISIONS, FAILED_CODES, OUTCOMES, REJECTED_CODES
from tests.docs.documents import first_cells, section, text
from tests.docs.generated import GENERATED, leaves
from tests.support.shared import ROOT

RESULTS = text(ROOT / "docs" / "results.md")


@pytest.mark.parametrize("marker", GENERATED)
def test_a_part_that_is_made_is_that_of_the_code(marker):
    document, made = GENERATED[marker]
    assert made() == section(text(ROOT / document), marker), "run `make documents`"


def test_the_columns_are_those_of_the_csv():
    assert tuple(first_cells(section(RESULTS, "columns"))) == RESULT_COLUMNS


def test_each_code_is_explained_under_its_outcome():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| \S", section(RESULTS, "codes"), re.MULTILINE)
    assert rows == [("rejected", code) for code in REJECTED_CODES] + [
        ("failed", code) for code in FAILED_CODES
    ]


def test_outcomes_and_decisions_stand_in_their_order():
    told = re.findall(r"^\| `(\w+)`", RESULTS, re.MULTILINE)
    assert [word for word in told if word in DECISIONS] == list(DECISIONS)
    assert list(dict.fromkeys(word for word in told if word in OUTCOMES))[:3] == list(OUTCOMES)


def warnings_in_code() -> set[str]:
    """Collect the categories that serving code warns of: added to a set, or given in a tuple."""
    folders = (ROOT / "model" / "reading", ROOT / "daemon" / "pipeline")
    trees = [ast.parse(text(path)) for folder in folders for path in folder.rglob("*.py")]
    constants = {
        (node.target if isinstance(node, ast.AnnAssign) else node.targets[0]).id: node.value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
    }
    found = {one for tree in trees for node in ast.walk(tree) for one in _categories(node)}
    return {constants.get(one, one) for one in found}


def _categories(node):
    """Give the literals and names of constants that a call, a keyword or an assignment warns of."""
    given = []
    if isinstance(node, ast.Call) and re.fullmatch(
        r".*\bwarnings\.add|.*_warnings\.add", ast.unparse(node.func)
    ):
        given = node.args
    elif isinstance(node, ast.keyword) and node.arg == "warnings":
        given = getattr(node.value, "elts", [])
    elif isinstance(node, ast.Assign) and "warnings" in ast.unparse(node.targets[0]):
        given = [one for some in ast.walk(node.value) for one in getattr(some, "elts", [])]
    for one in given:
        if isinstance(one, ast.Name) and one.id.isupper():
            yield one.id
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def test_each_warning_is_explained():
    ours = {code for code in WARNINGS if not code.endswith("warning")}  # else a library's
    assert ours - OF_OLDER_ROWS == warnings_in_code()
    assert list(WARNINGS) == sorted(WARNINGS)


def logged(node):
    """Give the events that a call logs: by a logger, or by a function that passes an event on to one."""
    if not isinstance(node, ast.Call):
        return
    called = ast.unparse(node.func)
    if re.fullmatch(r"(_log|structlog\.get_logger\(\))\.(debug|info|warning|error)|_log_days", called):
        for one in ast.walk(node.args[0]):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value


def test_each_log_event_is_explained():
    in_code = set()
    for path in (ROOT / "daemon").rglob("*.py"):
        in_code |= {event for node in ast.walk(ast.parse(text(path))) for event in logged(node)}
    told = first_cells(section(text(ROOT / "docs" / "logs_and_metrics.md"), "events"))
    assert sorted(told) == sorted(in_code)
    assert len(told) == len(set(told)) > 20


def test_no_help_text_shows_a_docstring_s_sections():
    shown = [names for names, command in leaves() if "-----" in (command.help or "")]
    assert shown == []
