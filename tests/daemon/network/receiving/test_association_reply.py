"""Answers of the upper layer are what pynetdicom reads them as."""

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")

from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_RELEASE_RP

from daemon.network.receiving.association_reply import (
    LONGEST_PDU,
    RELEASE_REPLY,
    Abort,
    Rejection,
    accept,
    accepted_contexts,
)
from daemon.network.receiving.association_request import read_request
from tests.support.dicom_peer import COMMITMENT, CR, EXPLICIT, IMPLICIT, associate_request, item

JPIP = "1.2.840.10008.1.2.4.94"
KNOWN = {CR: frozenset({EXPLICIT, IMPLICIT}), COMMITMENT: frozenset({EXPLICIT})}


def known(sop_class):
    return KNOWN.get(sop_class, frozenset())


def decoded(kind, pdu):
    made = kind()
    made.decode(pdu)
    return made


def test_each_context_is_answered_with_the_first_syntax_of_the_peer_that_is_known():
    contexts = (
        (1, CR, (JPIP, IMPLICIT, EXPLICIT)),
        (3, CR, (JPIP,)),
        (5, "1.2.3", (EXPLICIT,)),
        (7, COMMITMENT, (EXPLICIT,)),
    )
    role = item(0x54, b"\0\x14" + COMMITMENT.encode() + b"\1\1")
    request = read_request(associate_request(contexts=contexts, more=role)[6:])

    accepted = accepted_contexts(request, known)
    answer = decoded(A_ASSOCIATE_AC, accept(request, accepted, known))

    assert {number: one.transfer_syntax for number, one in accepted.items()} == {1: IMPLICIT, 7: EXPLICIT}
    results = {one.context_id: one.result for one in answer.presentation_context}
    assert results == {1: 0, 3: 4, 5: 3, 7: 0}
    assert (answer.called_ae_title, answer.calling_ae_title) == ("INBOXRAY", "TESTER")
    assert answer.user_information.maximum_length == LONGEST_PDU
    (replied,) = answer.user_information.role_selection.values()
    assert (replied.uid, replied.scu, replied.scp) == (COMMITMENT, 1, 0)


@pytest.mark.parametrize("rejection", list(Rejection))
def test_a_rejection_says_why(rejection):
    read = decoded(A_ASSOCIATE_RJ, rejection.pdu)
    assert rejection.value[:3] == (read.result, read.source, read.reason_diagnostic)
    assert rejection.words


def test_too_many_associations_are_a_matter_of_the_moment():
    read = decoded(A_ASSOCIATE_RJ, Rejection.FULL.pdu)
    assert (read.result_str, read.reason_str) == ("Rejected (Transient)", "Local limit exceeded")


def test_release_and_abort_are_read():
    decoded(A_RELEASE_RP, RELEASE_REPLY)
    read = decoded(A_ABORT_RQ, Abort.INVALID_PARAMETER.pdu)
    assert (read.source, read.reason_diagnostic) == (2, 6)
