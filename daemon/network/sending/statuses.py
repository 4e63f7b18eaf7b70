"""What the status of a C-STORE means for the object: stored, refused for good, or to be tried again.

The same numbers stand in the answer of a web server, as Failure Reason (0008,1197).

References
----------
PS3.4 B.2.3 and GG.4.2 Service Class Statuses, PS3.7 Annex C Status Type Encoding, PS3.18 I.2.2.
"""

from typing import Final

from daemon.network.sending.failure import STORED, Answer, Failure, PeerFailed, Verdict

_DUPLICATE: Final = 0x0111  # SOP Instance UID: it has one already, and ours are always the same
_NOT_AUTHORISED: Final = 0x0124
_FOR_GOOD: Final = {
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0117: "invalid object instance",
    0x0120: "missing attribute",
    0x0122: "the peer takes no objects of this SOP class",
    0x0121: "missing attribute value",
}
_SEE_LOG: Final = "see the peer's log for this object; then `inboxray resend`"


def judge_status(status: int) -> Answer:
    """Judge the answer to one object.

    Parameters
    ----------
    status : int
        Of 16 bits.

    Returns
    -------
    Answer

    Raises
    ------
    PeerFailed
        The peer takes no objects at all now: it is out of resources, or we are not allowed to store.
    """
    if status in (0x0000, _DUPLICATE):
        return STORED
    if status >> 12 == 0xB or status in (0x0001, 0x0107, 0x0116):
        return Answer(Verdict.STORED, warning=status)
    if status >> 8 == 0xA7:
        raise PeerFailed(
            Failure(
                "store",
                f"the peer is out of resources (0x{status:04X})",
                "make room on the peer: its disk may be full",
            )
        )
    if status == _NOT_AUTHORISED:
        raise PeerFailed(
            Failure(
                "authorise",
                "the peer does not allow us to store (0x0124)",
                "let the peer take objects from our AE title (the setting `ae_title`)",
            )
        )
    if status in _FOR_GOOD:
        return _refused(f"{_FOR_GOOD[status]} (0x{status:04X})")
    if status >> 8 == 0xA9:
        return _refused(f"the object does not match its SOP class, says the peer (0x{status:04X})")
    if status >> 12 == 0xC:
        return _refused(f"the peer cannot understand the object (0x{status:04X})")
    return Answer(
        Verdict.NOT_NOW,
        Failure("store", f"the peer failed to store the object (0x{status:04X})", "see the peer's log"),
    )


def _refused(why: str) -> Answer:
    return Answer(Verdict.REFUSED, Failure("store", f"refused: {why}", _SEE_LOG))
