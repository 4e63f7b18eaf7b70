"""What the documents say in tables is what the code says.

Break it: change the description of a setting, the help of a command, a column, a code, or a warning.
"""

import ast
import re

import pytest

from storage.export import RESULT_COLUMNS
from storage.vocabulary import DECISIONS, FAILED_CODES, OUTCOMES, REJECTED_CODES
from tests.docs.documents import first_cells, section, text
from tests.docs.generated import GENERATED
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
    """Collect what the serving code adds to a set of warnings, names of constants resolved."""
    found = set()
    for path in [*(ROOT / "model" / "reading").rglob("*.py"), *(ROOT / "daemon" / "pipeline").rglob("*.py")]:
        tree = ast.parse(text(path))
        constants = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            found |= {value for value in _added(node, constants) if isinstance(value, str)}
    return found


def _added(node, constants):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add":
        if "warnings" in ast.unparse(node.func.value):
            (argument,) = node.args
            name = getattr(argument, "id", "")
            yield constants.get(name, ALIASES.get(name, getattr(argument, "value", None)))
    elif isinstance(node, ast.keyword) and node.arg == "warnings" and isinstance(node.value, ast.Tuple):
        for element in node.value.elts:
            yield constants.get(getattr(element, "id", ""), getattr(element, "value", None))


ALIASES = {"HALF_SIZE": "half_size"}


def test_each_warning_is_explained():
    told = first_cells(section(RESULTS, "warnings"))
    assert told == sorted(warnings_in_code())
