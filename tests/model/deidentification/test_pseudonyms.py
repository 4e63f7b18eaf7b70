"""Pseudonyms follow from key and identifier.

Break it: leave the kind out of the digest, or the key.
"""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from model.deidentification.pseudonyms import Pseudonyms

ONE, OTHER = Pseudonyms(b"k" * 32), Pseudonyms(b"l" * 32)


@given(st.text(max_size=64))
def test_the_same_gives_the_same_and_another_key_another(text):
    for name in ("uid", "scan"):
        mine, theirs = (getattr(one, name)(text) for one in (ONE, OTHER))
        assert mine == getattr(Pseudonyms(b"k" * 32), name)(text)
        assert mine != theirs or text.startswith("1.2.840.10008.")
    assert ONE.patient(text.encode()) != OTHER.patient(text.encode())


@given(st.text(max_size=64))
def test_a_mapped_uid_is_one_of_the_standards_form(text):
    uid = ONE.uid(text)
    root, _, number = uid.rpartition(".")
    assert root == "2.25" or text.startswith("1.2.840.10008.")
    assert len(uid) <= 44
    assert number.isdigit()
    assert number == str(int(number))


def test_uids_of_the_standard_itself_stay():
    assert ONE.uid("1.2.840.10008.5.1.4.1.1.1") == "1.2.840.10008.5.1.4.1.1.1"


@given(st.binary(max_size=64))
def test_times_are_moved_back_by_more_than_a_year_and_not_beyond_ten(number):
    shift = ONE.shift(ONE.patient(number))
    assert timedelta(days=-3651) < shift <= timedelta(days=-366)


def test_two_identifiers_are_not_one_text():
    assert ONE.patient(b"1", b"2") != ONE.patient(b"12", b"") != ONE.patient(b"", b"12")


def test_a_number_is_one_of_an_instance_and_not_that_of_the_row():
    numbers = {ONE.number(f"scan {number}") for number in range(50)}
    assert len(numbers) == 50
    assert all(0 < one < 1_000_000_000 for one in numbers)


def test_nothing_prints_the_key():
    assert "kkk" not in repr(ONE)
    assert ONE.fingerprint != OTHER.fingerprint
