"""Each error of a file says what to do, in words that have one home and can help."""

import ast
import re

import pytest

from model import errors
from model.advice import Advice
from model.errors import BadPixels, ScanError
from tests.support.shared import ROOT

CLASSES = {
    name: one
    for name, one in vars(errors).items()
    if isinstance(one, type) and issubclass(one, ScanError) and one is not ScanError
}
LONGEST = 256  # of `error_detail`
HINTS = re.compile(r"\b(again|anew|convert|export|send|raise the)\b")


def raised():
    """Yield each place in `model` where a file's error is made: its class, its text and its advice."""
    for path in sorted((ROOT / "model").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES:
                texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                advice = [word.value.attr for word in node.keywords if word.arg == "advice"]
                text = "".join(text for text in texts if isinstance(text, str))
                yield pytest.param(node.func.id, text, advice, id=f"{path.stem}:{node.lineno}")


SITES = list(raised())


def test_the_sites_are_found():
    assert len(SITES) > 40


@pytest.mark.parametrize(("name", "text", "advice"), SITES)
def test_a_site_says_what_happened_and_leaves_what_to_do_to_its_advice(name, text, advice):
    usual = CLASSES[name].usual_advice
    used = Advice[advice[0]] if advice else usual

    assert not HINTS.search(text)
    assert len(text) + len(used or "") + 40 < LONGEST  # what is put into a text is a few words
    assert not advice or used is not usual, "that is what the class says"


def test_a_failed_file_always_has_advice():
    assert [name for name, one in CLASSES.items() if one.outcome == "failed" and not one.usual_advice] == []


def test_a_sentence_begins_and_ends_as_one():
    for advice in Advice:
        assert advice.sentence == advice[0].upper() + advice[1:] + "."
        assert ". " not in advice


def test_what_happened_comes_before_what_to_do():
    assert str(BadPixels("a frame is damaged")) == f"a frame is damaged; {Advice.COMPARE}"
    assert str(BadPixels("a frame is odd", advice=Advice.EXPORT)) == f"a frame is odd; {Advice.EXPORT}"
