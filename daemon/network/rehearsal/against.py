"""A rehearsal with an archive of the user's own: test images, and the answers to them.

References
----------
PS3.8 9.3 (A-ASSOCIATE); PS3.4 B Storage Service Class.
"""

import secrets
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from daemon.errors import DaemonAwayError
from daemon.network.rehearsal import judges, own_commands
from daemon.network.rehearsal.sent_back import SentBack, send_back
from daemon.network.sending.entries import put
from daemon.network.sending.outbox import FOLDER, Outbox
from daemon.settings.destinations import DICOM, Destination, parse_destination
from model.synthetic.trial_images import TrialStudy, trial_image

if TYPE_CHECKING:
    from daemon.settings.fields import Settings

COLUMNS: Final = ("scan", "object", "state", "dciodvfy", "read")
"""Of each object: the number of its scan; its kind; what the archive says; what programs of others find."""
_IMAGE: Final = "image"
_IMAGES: Final = 2
_TAKEN_OVER: Final = (
    "ae_title",
    "tls_certificate_file",
    "tls_key_file",
    "tls_authorities_file",
    "send_netrc_file",
    "send_timeout_s",
)
"""Settings of the user's that say how the archive is called."""
_CLASSES: Final = (
    "1.2.840.10008.5.1.4.1.1.1",  # Computed Radiography Image
    "1.2.840.10008.5.1.4.1.1.88.34",  # Comprehensive 3D SR
    "1.2.840.10008.5.1.4.1.1.7",  # Secondary Capture Image
    "1.2.840.10008.5.1.4.1.1.11.1",  # Grayscale Softcopy Presentation State
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What an archive made of it.

    Parameters
    ----------
    objects : list of dict
        A row an object, with `COLUMNS`.
    failures : list of str
        What failed: peer, step, what happened, what to do.
    study : TrialStudy
        What is to be deleted there now.
    """

    objects: list[dict[str, Any]]
    failures: list[str]
    study: TrialStudy


def rehearse_against(address: str, settings: "Settings") -> Tried:
    """Store test images of no patient and the answers to them in an archive, and ask whether it has them.

    Parameters
    ----------
    address : str
        As the setting `send_to` has it.
    settings : Settings
        Of the user: how the archive is called.

    Returns
    -------
    Tried

    Raises
    ------
    ValueError
        The address is none.
    DaemonAwayError
        The archive cannot be reached, or does not take us: nothing was sent.
    ConfigurationError
        A file of certificates or keys cannot be used.
    """
    destination = parse_destination(address)
    _refuse_unreachable(destination, settings)
    moment = datetime.now(UTC)
    study = TrialStudy(f"INBOXRAY-TEST-{secrets.token_hex(4).upper()}", _uid(), _uid(), moment)
    with tempfile.TemporaryDirectory(prefix="inboxray-rehearsal-") as name:
        folder = Path(name)
        spool = folder / "spool"
        (spool / "inbox").mkdir(parents=True)
        images = {uid: trial_image(study, uid, number) for number, uid in enumerate(_uids(), start=1)}
        for uid, content in images.items():
            (spool / "inbox" / f"{uid}.dcm").write_bytes(content)
        own_commands.run(["once"], spool, {}, folder / "daemon.log")
        scans = {row["scan_id"]: row["sop_instance_uid"] for row in own_commands.answers(spool)}
        _put_images(spool, destination, scans, images)
        sent = send_back(spool, destination, _how(settings), folder / "send.log")
        return Tried(_rows(sent, list(scans)), _failures(sent, scans), study)


def _refuse_unreachable(destination: Destination, settings: "Settings") -> None:
    """Take the steps of an association before anything is made to be sent."""
    if destination.scheme not in DICOM:
        return
    from pynetdicom import build_context

    from daemon.network.sending.association import Line, associated
    from daemon.network.sending.failure import PeerFailed
    from daemon.network.sending.sender import quieten_libraries
    from daemon.network.tls import client_context

    quieten_libraries()
    tls = client_context(settings) if destination.is_encrypted else None
    line = Line(destination, settings.ae_title, settings.send_timeout_s, tls)
    try:
        with associated(line, [build_context(one) for one in _CLASSES]):
            pass
    except PeerFailed as failed:
        raise DaemonAwayError(f"{destination.address}: {failed}. Nothing was sent") from None


def _put_images(
    spool: Path, destination: Destination, scans: Mapping[str, str], images: Mapping[str, bytes]
) -> None:
    """Let the images go first: what is about them refers to them."""
    outbox = Outbox(spool / FOLDER)
    with outbox.held():
        folder = outbox.folder(destination)
        for scan_id, uid in scans.items():
            put(folder, scan_id, _Image(_IMAGE, uid, images[uid]))


@dataclass(frozen=True, slots=True)
class _Image:
    """An image as the outbox takes it."""

    kind: str
    sop_instance_uid: str
    content: bytes


def _how(settings: "Settings") -> dict[str, str]:
    found = {name: getattr(settings, name) for name in _TAKEN_OVER}
    return {name: str(value) for name, value in found.items() if value is not None}


def _rows(sent: SentBack, scans: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "scan": scans.index(entry.scan_id) + 1,
            "object": entry.kind,
            "state": str(entry.state),
            "dciodvfy": judges.validity(entry.path),
            "read": judges.readability(entry.kind, entry.path),
        }
        for entry in sent.objects
    ]


def _failures(sent: SentBack, scans: Mapping[str, str]) -> list[str]:
    failures = sent.failures()
    if len(scans) < _IMAGES:
        failures.append("a test image was not answered: `inboxray once` in a spool of its own says why")
    if sent.unmade:
        failures.append("objects of a test image could not be made: `inboxray objects` says why")
    return failures


def _uids() -> list[str]:
    return [_uid() for _ in range(_IMAGES)]


def _uid() -> str:
    return f"2.25.{uuid.uuid4().int}"
