"""Where the data folder beside the project lies, and how a test that needs it skips."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("INBOXRAY_SHARED", ROOT.parent / "shared"))

needs_shared = pytest.mark.skipif(
    not (SHARED / "dicom").is_dir(), reason=f"the data folder beside the project is absent: {SHARED}"
)
