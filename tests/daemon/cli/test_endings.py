"""Each way to end has its exit code, and its line.

Break it: let `daemon.cli.endings` name any file that the system refused: a patient's name is printed.
"""

import errno
import os
from tempfile import TemporaryFile

import pytest

from daemon.cli.endings import guarded
from tests.support.daemons import environment, start
from tests.support.deadlines import scaled


@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_a_closed_pipe_is_a_good_end(form, recorded):
    """The reader leaves before the first byte; what is printed must then not be an error."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed, TemporaryFile() as complaints:
        ended = start(
            ["results", "--format", form], env=environment(recorded), stdout=closed, stderr=complaints
        ).wait(scaled(60))
        complaints.seek(0)
        complaint = complaints.read().decode().removesuffix("4 scans\n")
    assert (ended, complaint) == (0, "")


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/spool/.lock"),
            "/spool/.lock: Permission denied; run it as the user",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/spool/inbox/Doe^Jane.dcm"),
            "failed: Read-only file system; mount",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "failed: No space left on device; make room"),
        (OSError(errno.EIO, "Input/output error"), "failed: Input/output error\n"),
        (OSError(errno.EACCES, "Permission denied", b"/results.db"), "failed: Permission denied; run"),
    ],
    ids=["permission", "read-only", "full", "other", "bytes"],
)
def test_what_the_system_refuses_is_74_with_what_to_do_and_no_name_of_a_patient(refused, says, capsys):
    def program():
        raise refused

    with pytest.raises(SystemExit) as end:
        guarded(program)
    assert end.value.code == 74
    complaint = capsys.readouterr().err
    assert says in complaint
    assert "Doe" not in complaint
