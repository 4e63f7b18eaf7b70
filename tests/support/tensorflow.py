"""TensorFlow, where the extra `train` is installed; a test that needs it skips visibly without."""

import warnings

import pytest

USES_TENSORFLOW = [
    pytest.mark.tensorflow,
    pytest.mark.usefixtures("tensorflow_on_all_cores"),
    # Keras 3 with TensorFlow 2.21 and NumPy 2, on saving and loading weights
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword"),
]


def import_tensorflow():
    """Import TensorFlow and Keras; their own deprecations are not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensorflow = pytest.importorskip("tensorflow", reason='needs the extra "train"')
        import keras

        assert keras.layers  # loaded lazily otherwise, with its warnings
    return tensorflow
