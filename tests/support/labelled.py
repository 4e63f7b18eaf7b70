"""Labelled pictures that a network can learn from within seconds, and a network that small."""

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


def tiny_halves(seed=1, dropout=0.1):
    """Give the shape of the real network, small enough for a test: a base with two layers, and the head."""
    import keras

    from model.lab.training.stem_and_head import halve
    from model.network import ActivationMapHead

    keras.utils.set_random_seed(seed)
    inside = keras.Input((224, 224, 3))
    first = keras.layers.Conv2D(4, 8, strides=16, activation="relu", name="first")(inside)
    normal = keras.layers.BatchNormalization(name="normal")(first)
    second = keras.layers.Conv2D(8, 3, strides=2, activation="relu", name="second")(normal)
    base = keras.Model(inside, second, name="base")
    picture = keras.Input((224, 224, 1))
    three = keras.layers.Concatenate(name="repeat")([picture, picture, picture])
    whole = keras.Model(picture, ActivationMapHead(dropout, name="head")(base(three)))
    return halve(whole, "second")


def tiny_features(halves, examples, inputs, variations=120):
    """Give the features of variations of some examples."""
    from model.lab.training.sampler import source_shares
    from model.lab.training.variations import draw_variation, plan_variations

    planned = plan_variations(examples, source_shares(examples), variations)
    pictures = [draw_variation(inputs[one.row], examples[one.row].sha256, one.epoch, 0) for one in planned]
    return halves.run_stem(np.stack(pictures)[..., None]).numpy().astype(np.float16)


def tiny_batches(halves, examples, inputs, rows, *, seed, size=8, variations=120, features=None):
    """Give batches of variations of some examples, their features computed at once or before."""
    from model.lab.training.batches import Batches
    from model.lab.training.sampler import VariationSampler, source_shares
    from model.lab.training.variations import plan_variations

    planned = plan_variations(examples, source_shares(examples), variations)
    if features is None:
        features = tiny_features(halves, examples, inputs, variations)
    shares = source_shares([examples[row] for row in rows])
    sampler = VariationSampler(examples, planned, rows, shares, seed)
    return Batches(sampler, features, examples, planned, size)
