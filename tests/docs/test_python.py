"""The Python of docs/python.md runs as it stands, block after block, where the files lie that it names.

Break it: rename what `model.notebook` offers.
"""

import contextlib
import io

from tests.docs.documents import python_blocks, text
from tests.support.pictures import dicom_bytes, png_bytes
from tests.support.shared import ROOT


def test_every_block_runs_and_prints(tmp_path, monkeypatch):
    (tmp_path / "hand.dcm").write_bytes(dicom_bytes(1))
    (tmp_path / "wrist.png").write_bytes(png_bytes(2))
    monkeypatch.chdir(tmp_path)
    blocks = python_blocks(text(ROOT / "docs" / "python.md"))
    assert len(blocks) >= 5
    printed = io.StringIO()
    names = {}
    with contextlib.redirect_stdout(printed):
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)  # noqa: S102 - our own document
    lines = printed.getvalue().splitlines()
    assert "failed unknown_format" in lines
    assert "True" in lines
    assert any(line.startswith("AUROC ") for line in lines)
    assert (tmp_path / "hand-map.png").exists()
