import ast

import pytest

from daemon.spool.warnings import OF_OLDER_ROWS, WARNINGS, explained
from tests.support.shared import ROOT

OF_LIBRARIES = {"numpy_runtimewarning", "pil_userwarning", "pydicom_userwarning"}


def words_of_code():
    """Give every string of the code that reads and answers."""
    for folder in ("model/reading", "daemon/pipeline", "daemon/decoding"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def added_to_warnings():
    """Give each literal that is put into a set of warnings."""
    for path in (ROOT / "model" / "reading").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("warnings.add"):
                yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def test_each_sentence_is_of_a_warning_that_the_code_gives():
    assert set(WARNINGS) - set(words_of_code()) == OF_LIBRARIES | OF_OLDER_ROWS


def test_each_warning_that_is_added_has_its_sentence():
    found = set(added_to_warnings())

    assert "shutter_ignored" in found
    assert found - set(WARNINGS) == set()


@pytest.mark.parametrize("code", WARNINGS)
def test_a_sentence_says_what_was_seen_what_was_done_and_what_to_check(code):
    assert WARNINGS[code].endswith(".")
    assert WARNINGS[code].count(". ") >= 1


def test_warnings_of_a_scan_are_explained_in_their_order_and_unknown_ones_in_general():
    found = explained(["rle_surplus", "tifffile_userwarning", "half_size"])

    assert list(found) == ["rle_surplus", "tifffile_userwarning", "half_size"]
    assert found["rle_surplus"] == WARNINGS["rle_surplus"]
    assert found["tifffile_userwarning"].startswith("A library found something odd")
