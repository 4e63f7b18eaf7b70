import subprocess
import sys

from model.preload import preload

CODE = """
import sys
from model.preload import preload, use_one_thread
preload()
use_one_thread()
before = set(sys.modules)
from tests.support.dicom_files import native
import numpy as np
from model.prepare import prepare
prepare(native(np.zeros((9, 9, 3), np.uint8)))
late = [m for m in set(sys.modules) - before if m.split(".")[0] in ("model", "imagecodecs", "PIL", "cv2")]
import cv2
print(late, cv2.getNumThreads(), [m for m in ("tensorflow", "ai_edge_litert") if m in sys.modules])
"""


def test_after_it_decoding_imports_nothing_more():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] 1 []"


def test_a_codec_that_is_not_installed_is_passed_over(monkeypatch):
    """The daemon could not start for want of one codec (fault 28)."""
    monkeypatch.setitem(sys.modules, "model.decoders.jpeg_ls", None)
    monkeypatch.setitem(sys.modules, "imagecodecs._jpegls", None)

    preload()
