#!/bin/sh
# pyarrow 26.0.1: a Parquet file whose writing was broken off by an exception reads as a whole one.
#
# ParquetWriter is a context manager. If an exception leaves its block after 2 of 5 rows, it writes the footer all the same: the
# file opens, its metadata says 2 rows, and nothing in it says that 3 are missing. A writer that goes out of scope without close()
# does so, too. Seen: "after an exception: 2 of 5 rows, readable" and "never closed: 1 of 5 rows, readable". So a reader cannot
# tell half an export from a whole one. What we do: write beside the target, and replace it only once all rows are there.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pyarrow==26.0.1
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import pyarrow
from pyarrow import parquet

SCHEMA = pyarrow.schema([("scan_id", pyarrow.string())])


def rows(*names):
    return pyarrow.table({"scan_id": list(names)}, schema=SCHEMA)


try:
    with parquet.ParquetWriter("broken_off.parquet", SCHEMA) as writer:
        writer.write_table(rows("1", "2"))
        raise OSError("the third row could not be read")
except OSError:
    pass
writer = parquet.ParquetWriter("never_closed.parquet", SCHEMA)
writer.write_table(rows("1"))
del writer

seen = {name: parquet.read_table(f"{name}.parquet").num_rows for name in ("broken_off", "never_closed")}
print(f"after an exception: {seen['broken_off']} of 5 rows, readable")
print(f"never closed: {seen['never_closed']} of 5 rows, readable")
assert seen == {"broken_off": 2, "never_closed": 1}, "the behaviour has changed"
PYTHON
