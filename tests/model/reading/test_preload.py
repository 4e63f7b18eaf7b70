import subprocess
import sys

CODE = """
import sys
from model.reading.preload import preload, use_one_thread
preload()
use_one_thread()
before = set(sys.modules)
from tests.support.dicom_files import encapsulated, native
import imagecodecs
import numpy as np
from model.reading.prepare import prepare
prepare(native(np.zeros((9, 9, 3), np.uint8)))
large = np.arange(2016 * 16, dtype=np.uint16).reshape(2016, 16)
frame = imagecodecs.jpeg2k_encode(large, codecformat="j2k", reversible=True, level=0, resolutions=2)
reduced = prepare(encapsulated(large, [frame], "1.2.840.10008.1.2.4.90"), may_reduce=True)
assert "reduced" in reduced.warnings
late = [m for m in set(sys.modules) - before if m.split(".")[0] in ("model", "imagecodecs", "PIL", "cv2")]
import cv2
print(late, cv2.getNumThreads(), [m for m in ("tensorflow", "ai_edge_litert") if m in sys.modules])
"""

WITHOUT_JPEG_LS = """
import sys
sys.modules["model.reading.decoders.jpeg_ls"] = sys.modules["imagecodecs._jpegls"] = None
from model.reading.preload import preload
preload()
"""
FAULTS = """
import resource
from model.reading.preload import keep_memory

def faults():
    first = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    [bytearray(20 << 20) for _ in range(3)]  # of one alone glibc itself keeps the memory
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - first

faults()
print(faults())
keep_memory()
faults()
print(faults())
"""


def test_after_it_decoding_imports_nothing_more():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] 1 []"


def test_a_codec_that_is_not_installed_is_passed_over():
    """The daemon could not start for want of one codec (fault 28). Not in ours: imagecodecs remembers."""
    subprocess.run([sys.executable, "-c", WITHOUT_JPEG_LS], check=True)


def test_memory_of_one_picture_serves_the_next():
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)

    before, after = map(int, done.stdout.split())
    assert after < before / 10
