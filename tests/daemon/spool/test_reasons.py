from daemon.spool.reasons import REASONS
from storage.vocabulary import FAILED_CODES


def test_every_code_of_a_failure_is_explained():
    assert set(REASONS) == set(FAILED_CODES)
