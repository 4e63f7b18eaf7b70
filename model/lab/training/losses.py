"""What a training makes small: errors about the label, the place and the region.

Imports TensorFlow: for training only.
"""

from typing import Any

import tensorflow as tf

_PLACE_LOGIT = 0.5
_CELLS = 4.0
_REGION = 0.1
_OF_A_COVERED_CELL = 15.0
"""A cell within a fracture counts as so many without: one of a hundred is."""
_NOTHING = 1e-6


def total_loss(outputs: dict[str, Any], batch: dict[str, Any], smoothing: float) -> Any:
    """Weigh the losses of the heads.

    The logits of label and place each learn the label by themselves; their sum is the answer.

    Parameters
    ----------
    outputs : dict of str to tensor
        Of a network with the head `place`, for n pictures.
    batch : dict of str to tensor
        The fields of `model.lab.training.batches.Batch`, but the pictures.
    smoothing : float
        Labels are held this far off 0 and 1.

    Returns
    -------
    tensor, shape ()
    """
    labels = batch["labels"][:, None] * (1.0 - 2.0 * smoothing) + smoothing
    of_label = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, outputs["label_logit"]))
    of_any_place = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, outputs["place_logit"]))
    return (
        of_label
        + _PLACE_LOGIT * of_any_place
        + _CELLS * cells_loss(outputs["heat_map"], batch["places"], batch["are_places_known"])
        + _REGION * region_loss(outputs["region"], batch["regions"])
    )


def cells_loss(heat_map: Any, places: Any, known: Any) -> Any:
    """Return the weighted cross-entropy a cell, of the pictures whose places are known; 0 if none are.

    Parameters
    ----------
    heat_map, places : tensor, shape (n, cells, cells)
    known : tensor, shape (n,)
        1 or 0.

    Returns
    -------
    tensor, shape ()
    """
    weights = 1.0 + (_OF_A_COVERED_CELL - 1.0) * places
    losses = weights * tf.nn.sigmoid_cross_entropy_with_logits(places, heat_map)
    of_pictures = tf.reduce_mean(losses, axis=(1, 2))
    return tf.reduce_sum(of_pictures * known) / (tf.reduce_sum(known) + _NOTHING)


def region_loss(logits: Any, regions: Any) -> Any:
    """Return the cross-entropy of the pictures whose region is known; 0 if none are.

    Parameters
    ----------
    logits : tensor, shape (n, regions)
    regions : tensor, shape (n,), int
        -1 where it is not known.

    Returns
    -------
    tensor, shape ()
    """
    known = tf.cast(regions >= 0, tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(regions, 0), logits)
    return tf.reduce_sum(losses * known) / (tf.reduce_sum(known) + _NOTHING)
