"""Fault 16: garbage, nothing, and text fail with a stable code.

Break it: let `model.reading.signatures.recognise` take any beginning for a DICOM.
"""

import random

TEXTS = {
    "note.txt": b"no picture\n",
    "page.html": b"<html>",
    "table.csv": b"a,b\n1,2\n",
    "photo.gif": b"GIF89a" + bytes(99),
}
EMPTY = {"empty.dcm": b"", "empty.png": b"", "empty": b""}


def test_garbage_fails_with_a_stable_code(daemon, size):
    count = size(200, 1000)
    generator = random.Random(16)  # noqa: S311
    garbage = {f"{n}.dcm": b"\x07" + generator.randbytes(generator.randrange(3000)) for n in range(count)}
    expected = dict.fromkeys([*garbage, *TEXTS], "unknown_format") | dict.fromkeys(EMPTY, "empty_file")

    found = daemon.answers("garbage", garbage | TEXTS | EMPTY, timeout_s=60 + count / 5)

    assert expected == {name: row["error_code"] for name, row in found.items()}
    assert {"failed"} == {row["outcome"] for row in found.values()}
    assert [name for name, row in found.items() if not daemon.stored(row).exists()] == []


def test_zero_bytes_are_waited_for_and_fail_in_the_end(daemon):
    """A sender may reserve the space first and fill it later."""
    zeros = {f"{size}.dcm": bytes(size) for size in (1, 100, 132, 4096, 1 << 20)}

    assert dict.fromkeys(zeros, "truncated") == daemon.codes("zeros", zeros)
