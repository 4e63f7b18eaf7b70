"""A report on storage commitment over an association that we open: most peers have closed theirs by then.

References
----------
PS3.4 J.3.3 Notifications: on another association we ask for the role of an SCP.
"""

from io import BytesIO
from typing import Final

from pynetdicom import AE, build_role
from pynetdicom.dsutils import decode

from daemon.network.receiving.allowed import Allowed
from daemon.network.receiving.sop_classes import IMPLICIT, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE

_CONNECT_S: Final = 10.0
_ANSWER_S: Final = 30.0


class CallBack:
    """Reports to peers, at the ports that the setting `receive_from` gives.

    Parameters
    ----------
    ae_title : str
        Ours.
    allowed : Allowed
    """

    def __init__(self, ae_title: str, allowed: Allowed) -> None:
        self._ae_title = ae_title
        self._allowed = allowed

    def __call__(self, ae_title: str, address: str, event_type: int, data: bytes) -> bool:
        """Report to a peer.

        Parameters
        ----------
        ae_title, address : str
            Of the peer.
        event_type : int
        data : bytes
            Event Information, Implicit VR Little Endian.

        Returns
        -------
        bool
            Whether it took the report; False also where no port is known.
        """
        port = self._allowed.reports_to(ae_title, address)
        if port is None:
            return False
        entity = AE(self._ae_title)
        entity.connection_timeout = entity.acse_timeout = _CONNECT_S
        entity.dimse_timeout = entity.network_timeout = _ANSWER_S
        entity.add_requested_context(STORAGE_COMMITMENT, IMPLICIT)
        role = build_role(STORAGE_COMMITMENT, scp_role=True)
        association = entity.associate(address, port, ae_title=ae_title, ext_neg=[role])
        if not association.is_established:
            return False
        try:
            information = decode(BytesIO(data), True, True)
            status, _ = association.send_n_event_report(
                information, event_type, STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
            )
        except (RuntimeError, ValueError):  # the context was not accepted, or the association is gone
            return False
        finally:
            association.release()
        return bool(status.get("Status") == 0)
