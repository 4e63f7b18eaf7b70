"""What tests of whole trainings share."""

import pytest


@pytest.fixture(scope="module")
def uncompiled(tensorflow_on_all_cores):
    """Run one operation after the other: to compile takes minutes where a training has few steps.

    A training that is compiled: `test_train.trained`.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
