"""The rehearsal itself, in its own network: sender, archive, receiver and daemon, one after the other.

Started by `daemon.network.rehearsal.rehearse`: ``python -m daemon.network.rehearsal.inside FOLDER FILE...``.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from daemon.errors import DaemonAwayError
from daemon.network.rehearsal.alone import raise_loopback
from daemon.network.rehearsal.archive import AE_TITLE, DICOM_PORT, Archive, running
from daemon.network.rehearsal.whole import picture_of, sop_instance_of

RESULT: Final = "rehearsed.json"
_RECEIVER_AE, _RECEIVER_PORT = "INBOXRAY", 11112
_START_S: Final = 60.0
_SEND_S: Final = 120.0


def rehearse_inside(folder: Path, files: Sequence[Path]) -> list[dict[str, Any]]:
    """Send files through an archive to the receiver, and have the daemon answer them.

    Parameters
    ----------
    folder : Path
        Of this rehearsal alone.
    files : sequence of Path

    Returns
    -------
    list of dict
        A row a file: what became of it at each step.
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
    answers = _answers(spool, folder)
    for row in rows:
        row["answer"] = answers.get(row.pop("sop_instance_uid"), "")
    return rows


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
    return there.is_file() and picture_of(there.read_bytes()) == picture_of(file.read_bytes())


@contextmanager
def _receiver(folder: Path, spool: Path) -> Iterator[None]:
    log = folder / "receiver.log"
    more = {
        "INBOXRAY_RECEIVE_LISTEN": f"127.0.0.1:{_RECEIVER_PORT}",
        "INBOXRAY_RECEIVE_FROM": f"{AE_TITLE}@127.0.0.1",
        "INBOXRAY_AE_TITLE": _RECEIVER_AE,
    }
    with log.open("wb") as stream:
        process = _ours(["receive"], spool, more, stdout=stream, stderr=stream)
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


def _answers(spool: Path, folder: Path) -> dict[str, str]:
    """Have the daemon answer what arrived; give the answers by SOP instance."""
    with (folder / "daemon.log").open("wb") as log:
        _ours(["once"], spool, {}, stdout=log, stderr=log).wait()
    shown = _ours(
        ["results", "--format", "json"], spool, {}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    found = json.loads(shown.communicate()[0] or b"[]")
    return {
        row["sop_instance_uid"]: row["decision"] or f"{row['outcome']}: {row['error_code']}" for row in found
    }


def _ours(words: list[str], spool: Path, more: Mapping[str, str], **streams: Any) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INBOXRAY_")}
    settings = {"INBOXRAY_SPOOL": str(spool), "INBOXRAY_LOG_FORMAT": "json", **more}
    command = [sys.executable, "-m", "daemon", *words]
    return subprocess.Popen(command, env=kept | settings, **streams)  # noqa: S603 -- our own words


def main(words: Sequence[str]) -> None:
    """Rehearse, and write the rows where they are awaited.

    Parameters
    ----------
    words : sequence of str
        The folder, then the files.
    """
    raise_loopback()
    folder, *files = map(Path, words)
    (folder / RESULT).write_text(json.dumps(rehearse_inside(folder, files)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
