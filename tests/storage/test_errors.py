import inspect

import pytest

from storage import errors

CLASSES = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, errors.StorageError)
]
SYSEXITS = {64, 65, 66, 69, 70, 73, 74, 78}


def test_codes_are_unique():
    assert len({error.code for error in CLASSES}) == len(CLASSES) > 8


@pytest.mark.parametrize("error", CLASSES)
def test_each_exits_after_sysexits(error):
    assert error.exit_code in SYSEXITS


def test_only_a_database_that_is_away_is_worth_another_try():
    assert [error for error in CLASSES if error.retriable] == [errors.DatabaseUnavailable]
