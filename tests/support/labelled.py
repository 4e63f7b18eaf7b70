"""Labelled pictures that a network can learn from within seconds."""

from pathlib import Path

import numpy as np

from model.lab.dataset.examples import Example


def labelled(count, seed, copies=1):
    """Give examples and their pictures, of which the fractured ones are bright in the middle."""
    rng = np.random.default_rng(seed)
    examples, inputs = [], []
    for n in range(count):
        picture = rng.integers(8000, 20000, (224, 224), dtype=np.uint16)
        if n % 2:
            picture[60:160, 60:160] += 40000
        for copy in range(copies if n == 0 else 1):
            sha256 = f"{seed:02x}{n:03x}{copy:03x}".ljust(64, "0")
            examples.append(Example(Path(), sha256, n % 2, f"s{n}", f"p{n}", "clinic"))
            inputs.append(picture)
    return tuple(examples), np.stack(inputs)


def tiny_batches(examples, inputs, rows, *, seed, size=8, side=32, steps=1000, close_ups=0):
    """Give batches of variations of some examples, small enough for a test."""
    import cv2

    from model.lab.training.batches import Batches, Source
    from model.lab.training.sampler import SourceSampler
    from model.lab.training.schedule import Schedule, square_size

    schedule = Schedule(side, steps, 0, close_ups)
    squares = {}
    for kept in map(square_size, schedule.sizes):
        shrunk = [cv2.resize(one, (kept, kept), interpolation=cv2.INTER_AREA) for one in inputs]
        squares[kept] = (np.stack(shrunk) >> 8).astype(np.uint8)
    shapes = np.full((len(examples), 2), 224)
    source = Source(tuple(examples), squares, shapes, "whole", frozenset())
    return Batches(source, SourceSampler(examples, rows, seed), schedule, size, seed)


def tiny_network(seed=1):
    """Give a network with the outputs of the head `place`, so small that a step takes milliseconds."""
    import keras

    from model.network import LATE_FROM, ActivationMapHead
    from model.normalisation import FusedBatchNormalization
    from model.place_head import AnyPlace

    keras.utils.set_random_seed(seed)
    picture = keras.Input((None, None, 1))
    fine = keras.layers.Conv2D(8, 16, strides=16, activation="relu", name="fine")(picture)
    coarse = keras.layers.Conv2D(8, 2, strides=2, activation="relu", name=LATE_FROM)(fine)
    label = ActivationMapHead(0.1, name="head")(FusedBatchNormalization(momentum=0.9, name="BN")(coarse))
    places = keras.ops.squeeze(keras.layers.Conv2D(1, 1, name="cells")(fine), axis=-1)
    place_logit = AnyPlace(name="any")(places)
    outputs = {
        "logit": keras.layers.Add(name="logit")([label["logit"], place_logit]),
        "label_logit": label["logit"],
        "place_logit": place_logit,
        "heat_map": places,
        "region": keras.layers.Dense(6, name="region")(label["features"]),
    }
    return keras.Model(picture, outputs)
