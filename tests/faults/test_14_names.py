"""Fault 14: a name may be anything that a file system takes, and comes back as it was.

Break it: let `daemon.spool.names.encode_name` pass a newline or a percent sign through, or write it into the
log.
"""

import json
import os

from daemon.spool.names import decode_name
from tests.support.daemons import inboxray
from tests.support.pictures import png_bytes

PLAIN = [
    b"a b.png",
    b"'single'.png",
    b'"double".png',
    b"back\\slash.png",
    b"%2E.%2Fa.png",
    b"100%.png",
]
CONTROL = [b"new\nline.png", b"\n", b"tab\t.png", b"bell\x07.png", b"\x1b[31mred.png", b"return\r.png"]
UNICODE = ["Röntgen.png", "手.png", "🦴.png", "\u202egnp.exe", "e\u0301.png", "\ufeff.png", "\u2028.png"]
BROKEN = [b"\xff\xfe.png", b"\xc3\x28", b"caf\xe9.png", b"\xed\xa0\x80.png", b"\xf0\x28\x8c\x28"]
SHELL = [b"-rf", b"--help", b"=cmd|' C calc'!A0", b"@SUM(1)", b"$(touch x)", b"`id`", b";ls", b"*", b"?"]
LONG = [b"x" * 255, b"y" * 251 + b".png", b"\xff" * 255, b"%" * 255, "ö".encode() * 127]
ALL = [*PLAIN, *CONTROL, *(name.encode() for name in UNICODE), *BROKEN, *SHELL, *LONG, b"CON", b"a:b"]


def names_of(rows, column):
    """Give the last parts of the paths in a column, as bytes."""
    return [decode_name(row[column]).rpartition(b"/")[2] for row in rows]


def test_forty_names_are_forty_rows_and_forty_names_again(daemon):
    beside = daemon.spool / ".names"
    beside.mkdir()
    for seed, name in enumerate(ALL):
        (beside / os.fsdecode(name)).write_bytes(png_bytes(seed))
    beside.rename(daemon.inbox / "names")

    first = daemon.wait_for("names", len(set(ALL)))
    assert len(first) == 40
    assert {"classified"} == {row["outcome"] for row in first}
    assert sorted(ALL) == sorted(names_of(first, "source_name"))
    for row, name in zip(first, names_of(first, "stored_path"), strict=True):
        assert name == names_of([row], "source_name")[0]
        assert daemon.stored(row).read_bytes() == png_bytes(ALL.index(name))

    again = inboxray(daemon.spool, "requeue", *(row["scan_id"] for row in first))
    assert again.returncode == 0, again.stderr
    second = daemon.wait_for("names", 80)[40:]
    assert sorted(row["source_name"] for row in first) == sorted(row["source_name"] for row in second)
    assert {row["scan_id"] for row in first} == {row["requeued_from"] for row in second}


def test_the_log_stays_lines_of_json_and_names_nobody(daemon):
    daemon.answers("names_log", {"new\nline CANARY7731.png": png_bytes(1), "CANARY7731.txt": b"?"})

    lines = daemon.lines()
    assert lines
    assert {type(json.loads(line)) for line in lines} == {dict}
    assert "CANARY7731" not in str(lines)
