"""A training in a process of its own, for tests that kill it: RUN DATA BASE-WEIGHTS CACHE VALUES-AS-JSON.

It runs one operation after the other, which gives the same weights whenever the others do so, too.
"""

import json
import sys
from pathlib import Path

from model.lab.training.train import TrainSettings, train

if __name__ == "__main__":
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    run, data, base_weights, cache = map(Path, sys.argv[1:5])
    train(TrainSettings(data, base_weights, run, cache=cache, **json.loads(sys.argv[5])))
