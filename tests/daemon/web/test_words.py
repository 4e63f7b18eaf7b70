from datetime import timedelta

import pytest

from daemon.web.query import read_query
from daemon.web.words import FILTERS, MORE_FILTERS, age, column, describe
from storage.vocabulary import DECISIONS


def test_each_answer_has_a_shape_of_its_own_beside_its_words():
    rows = [{"outcome": "classified", "decision": one, "error_code": None} for one in DECISIONS]
    rows += [{"outcome": one, "decision": None, "error_code": "no_image"} for one in ("failed", "rejected")]
    shown = [describe(row) for row in rows]
    assert len({one.shape for one in shown}) == len(rows)
    assert shown[-2].words == "failed: no image"
    assert [one.key for one in shown[:4]] == list(DECISIONS)


@pytest.mark.parametrize("field", FILTERS + MORE_FILTERS, ids=lambda field: field.name)
def test_each_field_of_the_form_is_understood(field):
    value = {"date": "2026-11-23", "number": "0.5", "text": "x"}.get(field.kind) or field.choices[0]
    assert read_query({field.name: value}).given == {field.name: value}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (86_399, "23 h"), (86_400 * 40, "40 d")],
)
def test_how_long_ago_is_in_its_largest_unit(seconds, words):
    assert age(timedelta(seconds=seconds)) == words


def test_columns_have_the_names_of_the_field():
    assert [column(name) for name in ("study_instance_uid", "sha256", "body_part_examined")] == [
        *("Study Instance UID", "SHA-256", "Body part examined")
    ]
