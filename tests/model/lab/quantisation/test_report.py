import json
import math

from model.lab.quantisation.gate import Gate, Measured, Trial, Untried
from model.lab.quantisation.report import About, plain, write_report
from model.lab.statistics.metrics import Interval

ABOUT = About("inboxray-test@1.0.0", "a" * 64, 600, 400, 1)
SAME = Interval(0.0, -0.001, 0.001)
GOOD = Trial(Measured("float16", 0.51, 1.02), 0.001, 0.004, 0, 1.0, SAME, ())
BAD = Trial(Measured("int8", 0.31, 0.6), 0.16, 0.4, 3, 0.943, SAME, ("change", "flips", "agreement"))
GONE = Untried("int16x8", "not converted or not loaded (RuntimeError)")


def test_what_passes_may_be_shipped_and_what_fails_says_why():
    text = write_report(ABOUT, Gate(), (GOOD, BAD, GONE))

    assert "| `float16` | 0.51 | 1.02 | 0.0010 | 0.004 | 0 | 100.0% |" in text
    assert "no: change, flips, agreement |" in text
    assert "no: not converted or not loaded (RuntimeError) |" in text
    assert "May be shipped: float16." in text


def test_not_shipped_is_a_result():
    assert "**Not shipped: none passes.**" in write_report(ABOUT, Gate(), (BAD, GONE))


def test_the_figures_are_json():
    nowhere = Trial(GOOD.measured, 0.0, 0.0, 0, 1.0, Interval(0.0, math.nan, math.nan), ())
    figures = json.loads(json.dumps(plain(ABOUT, Gate(), (nowhere, BAD, GONE)), allow_nan=False))

    assert [one["shipped"] for one in figures["variants"]] == [True, False, False]
    assert figures["variants"][0]["auroc"]["low"] is None
    assert figures["gate"] == {"change": 0.02, "flips": 0, "agreement": 0.99, "auroc": 0.01}
