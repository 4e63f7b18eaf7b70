import hashlib

import pytest

from model.errors import EngineError
from model.lab.training.runtime import file_digest, package_versions, start_tensorflow
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW


def test_threads_are_known_and_operations_deterministic():
    import_tensorflow()
    from tensorflow.python.framework import config

    threads = start_tensorflow(0)

    assert threads["tensorflow"] >= 1
    assert start_tensorflow(threads["tensorflow"]) == threads
    assert config.is_op_determinism_enabled()


def test_threads_that_cannot_be_had_any_more_are_refused():
    tensorflow = import_tensorflow()
    threads = start_tensorflow(0)["tensorflow"]
    tensorflow.constant(1.0) + 1.0

    with pytest.raises(EngineError, match="not with"):
        start_tensorflow(threads + 1)


def test_versions_and_digests(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")

    assert {"python", "tensorflow", "numpy"} <= set(package_versions())
    assert file_digest(tmp_path / "x") == hashlib.sha256(b"abc").hexdigest()
