"""Fault 12: what is no regular file is neither claimed nor waited for.

Break it: take `O_NONBLOCK` out of `daemon.decoding.decode._OPEN_FLAGS` and the check of its kind out of
`daemon.spool.file_state.look_at`: the first FIFO stalls a child for ever.
"""

import os
import socket
import stat

from tests.support.pictures import drop, png_bytes

EACH = 20


def make_device(path):
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero: without an end
    except PermissionError:
        os.mkfifo(path)


def make_socket(path):
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{folder}/{path.name}")  # a path of its own would be too long
    os.close(folder)


def test_special_files_are_left_alone_and_hold_nobody_up(daemon):
    folder = daemon.inbox / "special"
    folder.mkdir()
    makers = {"fifo": os.mkfifo, "socket": make_socket, "device": make_device, "folder": os.mkdir}
    for number in range(EACH):
        for kind, make in makers.items():
            make(folder / f"{kind}{number}.dcm")
    before = sorted(folder.iterdir())

    for number in range(EACH):
        drop(folder / f"folder{number}.dcm" / "sound.png", png_bytes(number))
    daemon.wait_for("special", EACH)
    answers = daemon.codes("special_after", {"a.png": png_bytes(9)})

    outcomes = {row["outcome"] for row in daemon.wait_for("special", EACH)}
    assert {"classified"} == outcomes == set(answers.values())
    assert [path for path in before if "folder" not in path.name] == sorted(
        path for path in folder.iterdir() if "folder" not in path.name
    )
