from pathlib import Path

import pytest

from daemon.network.sending.wishes import (
    forget_unmade,
    note_unmade,
    take_from_the_beginning,
    take_once_more,
    unmade,
    wish_from_the_beginning,
    wish_once_more,
)


def test_a_wish_goes_once_it_was_met_and_not_before(outbox, tmp_path):
    for scan in ("a", "b"):
        wish_once_more(outbox, scan)

    def meet():
        for scan in take_once_more(outbox):
            if scan == "b":
                raise OSError

    with pytest.raises(OSError):
        meet()
    assert list(take_once_more(outbox)) == ["b"]
    assert list(take_once_more(outbox)) == []
    wish_from_the_beginning(tmp_path)
    assert [len(list(take_from_the_beginning(tmp_path))) for _ in range(2)] == [1, 0]


def test_one_that_is_made_while_all_are_read_costs_no_other(outbox, monkeypatch):
    """Break it: read all or none. `inboxray resend --refused` then wishes for nothing."""
    for scan in "abc":
        note_unmade(outbox, scan, scan * 2)
    read = Path.read_text

    def made_meanwhile(path):
        forget_unmade(outbox, "b")
        return read(path)

    monkeypatch.setattr(Path, "read_text", made_meanwhile)
    assert unmade(outbox) == {"a": "aa", "c": "cc"}


def test_what_could_not_be_made_is_known_by_its_words(outbox):
    note_unmade(outbox, "a", "its file changed")
    assert unmade(outbox) == {"a": "its file changed"}
    forget_unmade(outbox, "a")
    forget_unmade(outbox, "a")
    assert unmade(outbox) == {}
