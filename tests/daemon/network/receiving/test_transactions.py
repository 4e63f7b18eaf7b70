"""Storage commitment is read and written as pydicom does."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from daemon.network.receiving.elements import MalformedMessage
from daemon.network.receiving.transactions import (
    ALL_HELD,
    FAILURES_EXIST,
    Transaction,
    read_transaction,
    write_report,
)

TWO = Transaction("9.8", (("1.2", "1.2.3"), ("1.2", "1.2.4")))


def asked(references=TWO.references, uid="9.8", *, is_explicit):
    dataset = Dataset()
    dataset.TransactionUID = uid
    items = []
    for sop_class, instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
        items.append(item)
    dataset.ReferencedSOPSequence = items
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, not is_explicit
    write_dataset(out, dataset)
    return out.getvalue()


@pytest.mark.parametrize("is_explicit", [True, False])
def test_a_request_of_pydicom_is_read(is_explicit):
    assert read_transaction(asked(is_explicit=is_explicit), is_explicit=is_explicit) == TWO


@pytest.mark.parametrize("is_explicit", [True, False])
@pytest.mark.parametrize(
    ("held", "event", "good", "failed"),
    [
        ({"1.2.3", "1.2.4"}, ALL_HELD, ["1.2.3", "1.2.4"], []),
        ({"1.2.4"}, FAILURES_EXIST, ["1.2.4"], ["1.2.3"]),
        (set(), FAILURES_EXIST, [], ["1.2.3", "1.2.4"]),
    ],
)
def test_the_report_names_what_is_held_and_what_is_not(is_explicit, held, event, good, failed):
    kind, data = write_report(TWO, held, is_explicit=is_explicit)

    read = read_dataset(BytesIO(data), is_implicit_VR=not is_explicit, is_little_endian=True)
    assert (event, "9.8") == (kind, read.TransactionUID)
    assert good == [one.ReferencedSOPInstanceUID for one in read.get("ReferencedSOPSequence", [])]
    assert failed == [one.ReferencedSOPInstanceUID for one in read.get("FailedSOPSequence", [])]
    assert all(one.FailureReason == 0x0112 for one in read.get("FailedSOPSequence", []))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        asked(references=(), is_explicit=True),
        asked(is_explicit=True)[:-3],
        asked(uid="", is_explicit=True),
    ],
)
def test_what_asks_for_nothing_is_refused(data):
    with pytest.raises(MalformedMessage):
        read_transaction(data, is_explicit=True)


@given(st.binary(max_size=100))
def test_nothing_else_is_raised_whatever_comes(data):
    with pytest.raises(MalformedMessage):
        read_transaction(data, is_explicit=True)
