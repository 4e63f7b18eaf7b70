"""Fault 28: a transfer syntax without a codec fails by a code of its own; a requeue works later.

Break it: import every codec where the registry is imported, or let ImportError become `bad_pixels`.
"""

import imagecodecs
import numpy as np

from tests.faults.conftest import CALM
from tests.support.daemons import inboxray, rows
from tests.support.dicom_files import encapsulated
from tests.support.pictures import png_bytes

GREY = (np.add.outer(np.arange(24), np.arange(20)) * 90).astype(np.uint16)
JPEG_LS = "1.2.840.10008.1.2.4.80"


def codes(spool):
    return {row["source_name"]: row["error_code"] or row["outcome"] for row in rows(spool)}


def test_a_codec_that_comes_back_reads_what_it_could_not(tmp_path, monkeypatch):
    spool, away = tmp_path / "spool", tmp_path / "away"
    (spool / "inbox").mkdir(parents=True)
    (spool / "inbox" / "a.dcm").write_bytes(encapsulated(GREY, [imagecodecs.jpegls_encode(GREY)], JPEG_LS))
    (spool / "inbox" / "b.dcm").write_bytes(encapsulated(GREY, [b"video"], "1.2.840.10008.1.2.4.102"))
    (spool / "inbox" / "c.png").write_bytes(png_bytes(1))
    away.mkdir()
    (away / "sitecustomize.py").write_text(
        "import sys\nsys.modules['model.reading.decoders.jpeg_ls'] = None\n"
    )

    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(away))
        without = inboxray(spool, "once", fresh=True, **CALM)
    first = codes(spool)
    requeued = inboxray(spool, "requeue", "--failed", "--code", "unsupported_transfer_syntax")
    again = inboxray(spool, "once", **CALM)

    missing = "unsupported_transfer_syntax"
    assert (without.returncode, requeued.returncode, again.returncode) == (0, 0, 0), without.stderr
    assert first == {"a.dcm": missing, "b.dcm": missing, "c.png": "classified"}
    assert codes(spool) == {"a.dcm": "classified", "b.dcm": missing, "c.png": "classified"}
    assert len(rows(spool)) == 5
