"""What holds for every association, and who is at the other end of one."""

import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daemon.network.receiving.allowed import Allowed
    from daemon.network.receiving.commitments import Commitments
    from daemon.network.receiving.landing import Landing
    from daemon.network.receiving.slots import Slots
    from daemon.network.receiving.tally import Tally


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every association.

    Attributes
    ----------
    ae_title : str
        Ours.
    allowed : Allowed
    landing : Landing
    slots : Slots
    commitments : Commitments or None
        None: storage commitment is not offered.
    silence_s, longest_s : float
        Longest wait for what comes next, and for the end of an association.
    max_bytes, max_object_bytes : int
        Of an association and of a data set.
    stopping : threading.Event
        Set: no message is begun any more.
    tally : Tally
    tls : ssl.SSLContext or None
        Of ports for TLS; None: there is none.
    """

    ae_title: str
    allowed: "Allowed"
    landing: "Landing"
    slots: "Slots"
    commitments: "Commitments | None"
    silence_s: float
    longest_s: float
    max_bytes: int
    max_object_bytes: int
    stopping: threading.Event
    tally: "Tally"
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end.

    Attributes
    ----------
    ae_title : str
        Is one, by its form.
    address : str
    implementation : tuple of (str, str)
        Class UID and version name; empty where it names none.
    maximum_length : int
        Of the PDUs that it takes, bytes; 0: any.
    is_encrypted : bool
        It came by TLS.
    """

    ae_title: str
    address: str
    implementation: tuple[str, str]
    maximum_length: int
    is_encrypted: bool = False
