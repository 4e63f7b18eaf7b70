"""What a peer asks for is read as pynetdicom writes it, and what is malformed is refused."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")

from pynetdicom import build_context, build_role
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)

from daemon.network.receiving.association_request import Role, read_request
from daemon.network.receiving.elements import MalformedMessage
from tests.support.dicom_peer import CR, EXPLICIT, IMPLICIT, associate_request, item

HEAD = 6


def test_a_request_of_pynetdicom_is_read():
    asked = A_ASSOCIATE()
    asked.application_context_name = "1.2.840.10008.3.1.1.1"
    asked.calling_ae_title, asked.called_ae_title = "CT 1", "INBOXRAY"
    maximum, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    maximum.maximum_length_received, implementation.implementation_class_uid = 16_382, "1.2.826.0.1"
    role = build_role("1.2.840.10008.1.20.1", scp_role=True)
    asked.user_information = [maximum, implementation, role]
    asked.presentation_context_definition_list = [build_context(CR, [EXPLICIT, IMPLICIT])]
    asked.presentation_context_definition_list[0].context_id = 5
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(asked)

    read = read_request(pdu.encode()[HEAD:])

    assert (read.calling_ae, read.called_ae) == ("CT 1", "INBOXRAY")
    assert (read.maximum_length, read.implementation_class_uid) == (16_382, "1.2.826.0.1")
    (context,) = read.contexts
    assert (
        context.context_id,
        context.abstract_syntax,
        context.transfer_syntaxes,
    ) == (5, CR, (EXPLICIT, IMPLICIT))
    assert read.speaks_version_1
    assert (Role("1.2.840.10008.1.20.1", is_scu=False, is_scp=True),) == read.roles


@pytest.mark.parametrize(
    "asked",
    [
        associate_request()[HEAD : HEAD + 60],
        associate_request()[HEAD:-1],
        associate_request(contexts=())[HEAD:],
        associate_request(contexts=((2, CR, (EXPLICIT,)),))[HEAD:],
        associate_request(contexts=((1, CR, (EXPLICIT,)), (1, CR, (IMPLICIT,))))[HEAD:],
        associate_request(contexts=((1, CR, ()),))[HEAD:],
        associate_request(more=item(0x54, struct.pack(">H", 900) + b"1.2"))[HEAD:],
        associate_request()[HEAD:] + item(0x20, b"\1"),
        associate_request()[HEAD:] + b"\0",
    ],
    ids=["head", "cut", "none", "even", "twice", "no-syntax", "role", "context", "item"],
)
def test_a_malformed_request_is_refused(asked):
    with pytest.raises(MalformedMessage):
        read_request(asked)


@given(st.data())
def test_nothing_else_is_raised_whatever_comes(data):
    asked = bytearray(associate_request()[HEAD:])
    for _ in range(data.draw(st.integers(1, 4))):
        asked[data.draw(st.integers(0, len(asked) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MalformedMessage):
        read_request(bytes(asked[: data.draw(st.integers(0, len(asked)))]))
