import pytest

from model.lab.training.set_values import parse_value


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "1e-4", 1e-4),
        ("patience", "0", 0),
        ("without", "tone", "tone"),
    ],
)
def test_values_have_the_kind_of_their_setting(name, text, value):
    assert parse_value(name, text) == value
    assert type(parse_value(name, text)) is type(value)


@pytest.mark.parametrize("name", ["seed", "no_such", "resume", "out", "notes", "make_release"])
def test_what_is_no_value_to_set_is_refused(name):
    with pytest.raises(ValueError, match="learning_rate"):
        parse_value(name, "1")


def test_a_value_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="half"):
        parse_value("dropout", "half")


@pytest.mark.parametrize("name", ["close_up_steps", "settle_after", "small_steps", "patience"])
def test_a_count_below_0_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} counts something, and cannot be -1: give 0 or more"):
        parse_value(name, "-1")
