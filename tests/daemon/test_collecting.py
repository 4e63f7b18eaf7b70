import gc

import pytest

from daemon.collecting import importing


@pytest.fixture(autouse=True)
def _as_before():
    yield
    gc.unfreeze()


def test_nothing_is_looked_for_while_modules_are_imported_and_what_they_made_never_again():
    before = gc.get_freeze_count()
    with importing():
        inside = gc.isenabled()
        made = [[] for _ in range(1000)]
    assert not inside
    assert gc.isenabled()
    assert gc.get_freeze_count() - before >= len(made)


def test_after_an_import_that_failed_it_is_as_it_was():
    before = gc.get_freeze_count()
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert gc.isenabled()
    assert gc.get_freeze_count() == before
