import pytest

from daemon.web.query import read_query
from daemon.web.words import FILTERS, describe
from storage.vocabulary import DECISIONS


def test_each_answer_has_a_shape_of_its_own_beside_its_words():
    rows = [{"outcome": "classified", "decision": one, "error_code": None} for one in DECISIONS]
    rows += [{"outcome": one, "decision": None, "error_code": "no_image"} for one in ("failed", "rejected")]
    shown = [describe(row) for row in rows]
    assert len({one.shape for one in shown}) == len(rows)
    assert shown[-2].words == "failed: no image"
    assert [one.key for one in shown[:4]] == list(DECISIONS)


@pytest.mark.parametrize("field", FILTERS, ids=lambda field: field.name)
def test_each_field_of_the_form_is_understood(field):
    value = {"date": "2026-11-23", "number": "0.5", "text": "x"}.get(field.kind) or field.choices[0]
    assert read_query({field.name: value}).given == {field.name: value}
