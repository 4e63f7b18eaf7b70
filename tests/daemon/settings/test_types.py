from datetime import UTC, time
from pathlib import Path

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from daemon.settings.types import (
    AbsolutePath,
    Codes,
    PartOfHour,
    TimeOrOff,
    as_patterns,
    database_scheme,
    share,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a, b ,,c", ["a", "b", "c"]),
        ('["a,b", "c"]', ["a,b", "c"]),
        ("", []),
        (["a"], ["a"]),
        (3, 3),
    ],
)
def test_names_come_as_a_list_or_between_commas(value, expected):
    assert as_patterns(value) == expected


def test_a_broken_list_is_refused():
    with pytest.raises(ValueError, match="JSON list"):
        as_patterns('["a"')


@pytest.mark.parametrize("word", ["off", " OFF ", ""])
def test_off_is_no_time(word):
    assert TypeAdapter(TimeOrOff).validate_python(word) is None


def test_a_time_is_local():
    assert TypeAdapter(TimeOrOff).validate_python("02:30") == time(2, 30)
    with pytest.raises(ValidationError, match="without a zone"):
        TypeAdapter(TimeOrOff).validate_python(time(2, 30, tzinfo=UTC))


@pytest.mark.parametrize("url", ["sqlite:///a.db", "postgresql+psycopg://u@h/d", "postgres://u:p@h/d", None])
def test_databases_that_are_known_pass(url):
    secret = None if url is None else SecretStr(url)
    assert database_scheme(secret) is secret


@pytest.mark.parametrize("url", ["mysql://u@h/d", "results.db", "sqlite", "://"])
def test_others_do_not(url):
    with pytest.raises(ValueError, match="sqlite:///"):
        database_scheme(SecretStr(url))


@pytest.mark.parametrize("value", [0.0, 1.0, 12.0, -0.1])
def test_a_share_is_no_percentage(value):
    with pytest.raises(ValueError, match="share between 0 and 1"):
        share(value)


def test_minutes_divide_the_hour():
    assert [TypeAdapter(PartOfHour).validate_python(value) for value in (0, 5, 30)] == [0, 5, 30]
    for value in (7, 45, 60):
        with pytest.raises(ValidationError):
            TypeAdapter(PartOfHour).validate_python(value)


def test_codes_are_written_as_scans_are_compared_with_them():
    assert TypeAdapter(Codes).validate_python(" dx, wrist") == ("DX", "WRIST")
    with pytest.raises(ValidationError, match="none of them empty"):
        TypeAdapter(Codes).validate_python(["DX", " "])


def test_a_path_means_the_same_wherever_the_process_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/anna")
    assert TypeAdapter(AbsolutePath).validate_python("spool") == tmp_path / "spool"
    assert TypeAdapter(AbsolutePath).validate_python("~/spool") == Path("/home/anna/spool")
