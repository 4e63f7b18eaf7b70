"""Command sets are read and written as pynetdicom does."""

from io import BytesIO

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")

from pynetdicom.dsutils import decode

from daemon.network.receiving.commands import (
    C_ECHO,
    C_STORE,
    N_ACTION,
    Command,
    Status,
    event_report,
    p_data,
    read_command,
    reply,
)
from daemon.network.receiving.elements import MalformedMessage
from tests.support.dicom_peer import CR, command_set


def test_a_store_is_read():
    data = command_set(
        affected_class=CR, field=1, message_id=7, priority=0, data_set=0, affected_instance="1.2.3"
    )
    assert Command(C_STORE, 7, CR, "1.2.3", has_data_set=True) == read_command(data)


def test_an_action_names_what_is_requested():
    data = command_set(
        requested_class="1.2", requested_instance="1.3", field=0x130, message_id=9, data_set=1, action_type=1
    )
    assert Command(N_ACTION, 9, "1.2", "1.3", has_data_set=True, action_type=1) == read_command(data)


def test_a_reply_has_the_number_of_what_it_answers():
    read = read_command(command_set(field=0x8100, replied_id=4, data_set=0x0101, status=0x0110))
    assert (read.message_id, read.status, read.has_data_set) == (4, 0x0110, False)


@pytest.mark.parametrize(
    "data", [b"", command_set(message_id=1), command_set(field=1, data_set=0), command_set(field=1)]
)
def test_what_commands_nothing_is_refused(data):
    with pytest.raises(MalformedMessage):
        read_command(data)


def test_pynetdicom_reads_the_answer():
    answer = decode(
        BytesIO(reply(Command(C_STORE, 7, CR, "1.2.3", has_data_set=True), Status.OUT_OF_RESOURCES)),
        True,
        True,
    )
    assert (
        answer.CommandField,
        answer.MessageIDBeingRespondedTo,
        answer.Status,
        answer.CommandDataSetType,
    ) == (0x8001, 7, 0xA700, 0x0101)
    assert (answer.AffectedSOPInstanceUID, answer.AffectedSOPClassUID) == ("1.2.3", CR)
    assert answer.ErrorComment == Status.OUT_OF_RESOURCES.words
    assert (
        answer.CommandGroupLength
        == len(reply(Command(C_STORE, 7, CR, "1.2.3", has_data_set=True), Status.OUT_OF_RESOURCES)) - 12
    )


def test_success_has_no_comment_and_an_action_its_type():
    echo = Command(C_ECHO, 1, None, None, has_data_set=False)
    assert "ErrorComment" not in decode(BytesIO(reply(echo, Status.SUCCESS)), True, True)
    action = Command(N_ACTION, 1, "1.2", "1.3", has_data_set=True, action_type=1)
    assert decode(BytesIO(reply(action, Status.SUCCESS)), True, True).ActionTypeID == 1
    report = decode(BytesIO(event_report(3, 2, "1.2", "1.3")), True, True)
    assert (report.CommandField, report.EventTypeID, report.AffectedSOPInstanceUID) == (0x0100, 2, "1.3")


@pytest.mark.parametrize("status", list(Status))
def test_comments_fit_into_their_element(status):
    assert len(status.words) <= 64


def test_long_content_is_cut_into_pdus_that_the_peer_takes():
    sent = p_data(5, b"x" * 1000, is_command=False, maximum_length=256)
    at, contents, lasts = 0, b"", []
    while at < len(sent):
        length = int.from_bytes(sent[at + 2 : at + 6], "big")
        assert length <= 256
        lasts.append(sent[at + 11])
        contents += sent[at + 12 : at + 6 + length]
        at += 6 + length
    assert contents == b"x" * 1000
    assert lasts == [0, 0, 0, 2]
    assert len(p_data(5, b"x" * 1000, is_command=True, maximum_length=0)) == 1012
