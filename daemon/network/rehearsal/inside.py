"""The rehearsal itself, in its own network: sender, archive, receiver and daemon, one after the other.

Started by `daemon.network.rehearsal.rehearse`:
``python -m daemon.network.rehearsal.inside WHAT FOLDER FILE...``.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from daemon.errors import DaemonAwayError
from daemon.network.rehearsal import own_commands
from daemon.network.rehearsal.alone import raise_loopback
from daemon.network.rehearsal.archive import (
    AE_TITLE,
    COMMITMENT_PORT,
    DICOM_PORT,
    SENDER_AE,
    Archive,
    running,
)
from daemon.network.rehearsal.objects_back import objects_back
from daemon.network.rehearsal.sent_back import send_back
from daemon.network.rehearsal.whole import is_same_picture, picture_of, sop_instance_of
from daemon.settings.destinations import parse_destination

RESULT: Final = "rehearsed.json"
WITH_RESULTS, FILES_ALONE = "results", "files"
_RECEIVER_AE, _RECEIVER_PORT = "INBOXRAY", 11112
_START_S: Final = 60.0
_SEND_S: Final = 120.0


def rehearse_inside(folder: Path, files: Sequence[Path], *, with_results: bool) -> dict[str, Any]:
    """Send files through an archive to the receiver, have the daemon answer them, and store the answers.

    Parameters
    ----------
    folder : Path
        Of this rehearsal alone.
    files : sequence of Path
    with_results : bool
        Whether the answers are stored in the archive, too; that needs the extra `pacs`.

    Returns
    -------
    dict
        ``files`` and ``objects``, a row each: what became of it at each step; and ``failures`` in words.
    """
    spool = folder / "spool"
    (spool / "inbox").mkdir(parents=True)
    rows = []
    with (
        _receiver(folder, spool),
        running(folder / "orthanc", _RECEIVER_AE, _RECEIVER_PORT) as archive,
    ):
        for file in files:
            rows.append(_send(file, archive))
            rows[-1]["arrived"] = _arrived(file, spool)
        own_commands.run(["once"], spool, {}, folder / "daemon.log")
        found = {row["sop_instance_uid"]: row for row in own_commands.answers(spool)}
        back = _back(folder, spool, archive, rows, found) if with_results else {}
    for row in rows:
        answer = found.get(row.pop("sop_instance_uid"), {})
        row["answer"] = answer.get("decision") or ": ".join(
            filter(None, (answer.get("outcome"), answer.get("error_code")))
        )
    return {"files": rows, "objects": [], "failures": [], **back}


def _back(
    folder: Path,
    spool: Path,
    archive: Archive,
    rows: Sequence[Mapping[str, Any]],
    found: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Store the answers in the archive, fetch them again, and have them judged."""
    settings = {
        "ae_title": SENDER_AE,
        "commitment_listen": f"127.0.0.1:{COMMITMENT_PORT}",
        "send_timeout_s": "30",
    }
    destination = parse_destination(f"dicom://{AE_TITLE}@127.0.0.1:{DICOM_PORT}")
    sent = send_back(spool, destination, settings, folder / "send.log")
    by_uid = {row["sop_instance_uid"]: Path(row["file"]) for row in reversed(rows)}
    files = {row["scan_id"]: by_uid[uid] for uid, row in found.items() if uid in by_uid}
    work = folder / "fetched"
    work.mkdir()
    objects = [one for one in sent.objects if one.scan_id in files]
    return {"objects": objects_back(archive, objects, files, work), "failures": sent.failures()}


def _send(file: Path, archive: Archive) -> dict[str, Any]:
    uid = sop_instance_of(file.read_bytes())
    command = ["storescu", "-aet", "MODALITY", "-aec", AE_TITLE, "-R", *_proposal(file)]
    command += ["127.0.0.1", str(DICOM_PORT), str(file)]
    end = subprocess.run(command, capture_output=True, timeout=_SEND_S, check=False)  # noqa: S603 -- as above
    sent = end.returncode == 0
    return {
        "file": str(file),
        "sop_instance_uid": uid,
        "sent": sent,
        "forwarded": sent and uid is not None and archive.forward(uid),
    }


def _proposal(file: Path) -> list[str]:
    """Return the options of storescu that propose the file's own transfer syntax."""
    syntax = picture_of(file.read_bytes()).transfer_syntax_uid or "none"
    return {
        "": ["-xi"],
        ".1": ["-xe"],
        ".2": ["-xb"],
        ".1.99": ["-xd"],
        ".4.50": ["-xy"],
        ".4.51": ["-xx"],
        ".4.57": ["-xs"],
        ".4.70": ["-xs"],
        ".4.80": ["-xt"],
        ".4.81": ["-xu"],
        ".4.90": ["-xv"],
        ".4.91": ["-xw"],
        ".5": ["-xr"],
    }.get(syntax.removeprefix("1.2.840.10008.1.2"), [])


def _arrived(file: Path, spool: Path) -> bool:
    """Return whether a file's picture is in the inbox, bit by bit, in the transfer syntax that it had."""
    uid = sop_instance_of(file.read_bytes())
    there = spool / "inbox" / AE_TITLE / f"{uid}.dcm"
    return there.is_file() and is_same_picture(picture_of(file.read_bytes()), picture_of(there.read_bytes()))


@contextmanager
def _receiver(folder: Path, spool: Path) -> Iterator[None]:
    log = folder / "receiver.log"
    settings = {
        "receive_listen": f"127.0.0.1:{_RECEIVER_PORT}",
        "receive_from": f"{AE_TITLE}@127.0.0.1",
        "ae_title": _RECEIVER_AE,
    }
    with log.open("wb") as stream:
        process = own_commands.start(["receive"], spool, settings, stdout=stream, stderr=stream)
    try:
        until = time.monotonic() + _START_S
        while not re.search(rb"Ctrl-C ends it", log.read_bytes()):
            if process.poll() is not None or time.monotonic() > until:
                raise DaemonAwayError("the receiver did not come up in the rehearsal")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def main(words: Sequence[str]) -> None:
    """Rehearse, and write the rows where they are awaited.

    Parameters
    ----------
    words : sequence of str
        Whether results are stored, too (``results`` or ``files``), the folder, and the files.
    """
    raise_loopback()
    what, name, *files = words
    folder = Path(name)
    found = rehearse_inside(folder, list(map(Path, files)), with_results=what == WITH_RESULTS)
    (folder / RESULT).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
