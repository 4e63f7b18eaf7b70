"""A report on storage commitment over an association that we open: most peers have closed theirs by then.

References
----------
PS3.4 J.3.3 Notifications: on another association we ask for the role of an SCP.
"""

import ssl
from io import BytesIO
from typing import Final

import structlog
from pynetdicom import build_context, build_role
from pynetdicom.dsutils import decode

from daemon.network.receiving.allowed import Allowed
from daemon.network.receiving.pending import Delivery, Pending
from daemon.network.receiving.sop_classes import IMPLICIT, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
from daemon.network.sending.association import Line, associated
from daemon.network.sending.failure import PeerFailed
from daemon.settings.destinations import Destination

_ANSWER_S: Final = 20.0

_log = structlog.get_logger()


class CallBack:
    """Reports to peers, at the ports that the setting `receive_from` gives.

    Parameters
    ----------
    ae_title : str
        Ours.
    allowed : Allowed
    tls : ssl.SSLContext or None
        For peers that asked by TLS; None: these are not called back.
    """

    def __init__(self, ae_title: str, allowed: Allowed, tls: ssl.SSLContext | None) -> None:
        self._ae_title = ae_title
        self._allowed = allowed
        self._tls = tls

    def __call__(self, pending: Pending, event_type: int, data: bytes) -> Delivery:
        """Report to a peer.

        Parameters
        ----------
        pending : Pending
        event_type : int
        data : bytes
            Event Information, Implicit VR Little Endian.

        Returns
        -------
        Delivery
        """
        port = self._allowed.reports_to(pending.ae_title, pending.address)
        if port is None or (pending.is_encrypted and self._tls is None):
            return Delivery.NO_WAY
        scheme = "dicoms" if pending.is_encrypted else "dicom"
        place = f"{scheme}://{pending.ae_title}@{pending.address}:{port}"
        peer = Destination(place, scheme, pending.address, port, pending.ae_title, "")
        line = Line(peer, self._ae_title, _ANSWER_S, self._tls if pending.is_encrypted else None)
        contexts = [build_context(STORAGE_COMMITMENT, IMPLICIT)]
        try:
            with associated(
                line, contexts, roles=[build_role(STORAGE_COMMITMENT, scp_role=True)]
            ) as association:
                information = decode(BytesIO(data), True, True)
                status, _ = association.send_n_event_report(
                    information, event_type, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
                )
        except PeerFailed as failed:
            why = failed.failure
            _log.warning(
                "commitment_peer_failed",
                calling_ae=pending.ae_title,
                address=pending.address,
                step=why.step,
                error=why.error,
                remedy=why.remedy,
            )
            return Delivery.FAILED
        except (RuntimeError, ValueError):  # the context was not accepted, or the association is gone
            return Delivery.FAILED
        return Delivery.TAKEN if status.get("Status") == 0 else Delivery.FAILED
