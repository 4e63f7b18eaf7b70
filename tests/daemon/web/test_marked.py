from datetime import UTC, datetime

import pytest

pytest.importorskip("markupsafe", reason="the extra `page` is not installed")

from daemon.web.marked import as_code, as_shown


def test_what_stands_between_backticks_is_code_and_all_else_text():
    assert as_code("Raise `a<b>` or <b>, then `x") == "Raise <code>a&lt;b&gt;</code> or &lt;b&gt;, then x"


def test_values_are_written_for_people():
    assert as_shown(0.123456) == "0.1235"
    assert as_shown("0010") == "0010"
    assert as_shown(datetime(2026, 11, 23, 12, 0, 1, 5, UTC)).startswith("2026-11-2")
