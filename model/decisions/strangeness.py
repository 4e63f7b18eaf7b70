"""Is this picture a radiograph of bones at all? Odds from the statistics of the network's middle layers.

For each of some layers a logistic regression weighs two things: how far a picture's statistics are from those
of the training pictures (`model.decisions.abstention`), and in which direction they lie, as learned from
synthetic pictures of other kinds. Its output are odds, so the threshold is set on radiographs alone.

References
----------
Lee et al. 2018, arXiv:1807.03888: distances on several layers, weighed by a logistic regression.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from model.decisions.abstention import Abstention, read_abstention
from model.errors import ReleaseError

Float = NDArray[np.float64]

FARTHEST = 10.0
"""No statistic or distance counts for more than so many standard deviations."""


@dataclass(frozen=True, slots=True, eq=False)
class Strangeness:
    """Weighs what the layers say.

    Parameters
    ----------
    centre, scale : ndarray, shape (d,), float64
        Mean and standard deviation of each statistic over the training pictures; `scale` above 0.
    layers : tuple of Abstention
        The Gaussian of each layer's scaled statistics; one layer after the other they are all `d`.
    middle, spread : ndarray, shape (layers,), float64
        Mean and standard deviation of the logarithm of each layer's distance, over training pictures that
        the Gaussian was not fitted on; `spread` above 0.
    weights : ndarray, shape (layers + d,), float64
        Of the scaled logarithms of the distances, then of the scaled statistics.
    bias : float
    """

    output: ClassVar[str] = "statistics"
    """The output of the network that it uses."""

    centre: Float
    scale: Float
    layers: tuple[Abstention, ...]
    middle: Float
    spread: Float
    weights: Float
    bias: float

    @property
    def size(self) -> int:
        """Number of statistics that it uses."""
        return self.centre.size

    def distance(self, statistics: NDArray[np.floating]) -> Float:
        """Return how unlike the training pictures pictures are.

        Parameters
        ----------
        statistics : ndarray, shape (n, d)
            As the network gives them.

        Returns
        -------
        ndarray, shape (n,), float64
            At least 0, larger is stranger: the logarithm of 1 and the odds that it is no such radiograph;
            not finite where a statistic is not.
        """
        given = np.asarray(statistics, dtype=np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            weighed = regressors(given, self.centre, self.scale, self.layers, self.middle, self.spread)
            odds = np.logaddexp(0.0, weighed @ self.weights + self.bias)
        return np.asarray(np.where(np.isfinite(given).all(axis=1), odds, np.nan), dtype=np.float64)

    def to_bytes(self) -> bytes:
        """Write the parameters as an uncompressed `.npz`.

        Returns
        -------
        bytes
            float32.
        """
        arrays = {
            "sizes": np.array([layer.mean.size for layer in self.layers], np.int32),
            "residuals": np.array([layer.residual_variance for layer in self.layers], np.float32),
            "bias": np.float32(self.bias),
        }
        for name in ("centre", "scale", "middle", "spread", "weights"):
            arrays[name] = getattr(self, name).astype(np.float32)
        for number, layer in enumerate(self.layers):
            arrays[f"components_{number}"] = layer.components.astype(np.float32)
            arrays[f"variances_{number}"] = layer.variances.astype(np.float32)
        stream = io.BytesIO()
        np.savez(stream, **arrays)  # type: ignore[arg-type] # the stubs take them for its other arguments
        return stream.getvalue()


def regressors(
    statistics: Float,
    centre: Float,
    scale: Float,
    layers: tuple[Abstention, ...],
    middle: Float,
    spread: Float,
) -> Float:
    """Return what the regression weighs: distances, then statistics, both scaled and clipped.

    Parameters
    ----------
    statistics : ndarray, shape (n, d), float64
    centre, scale, layers, middle, spread
        See `Strangeness`.

    Returns
    -------
    ndarray, shape (n, layers + d), float64
        In [-10, 10].
    """
    scaled = (statistics - centre) / scale
    far = (log_distances(scaled, layers) - middle) / spread
    clipped: Float = np.clip(np.concatenate([far, scaled], axis=1), -FARTHEST, FARTHEST)
    return clipped


def log_distances(scaled: Float, layers: tuple[Abstention, ...]) -> Float:
    """Return the logarithm of each layer's distance.

    Parameters
    ----------
    scaled : ndarray, shape (n, d), float64
        Statistics of mean 0 and standard deviation 1.
    layers : tuple of Abstention
        One layer after the other they have `d` statistics.

    Returns
    -------
    ndarray, shape (n, layers), float64
    """
    parts = np.split(scaled, np.cumsum([layer.mean.size for layer in layers])[:-1], axis=1)
    far = [layer.distance(part) for layer, part in zip(layers, parts, strict=True)]
    return np.asarray(np.log(np.maximum(np.stack(far, axis=1), 1e-6)), dtype=np.float64)


def read_strangeness(content: bytes) -> Strangeness:
    """Read what `Strangeness.to_bytes` wrote.

    Parameters
    ----------
    content : bytes
        The verified bytes of the `.npz`; nothing in it is unpickled.

    Returns
    -------
    Strangeness

    Raises
    ------
    ReleaseError
        The file is not such an archive, or its arrays do not fit each other.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            named = {name: np.asarray(archive[name], dtype=np.float64) for name in archive.files}
        layers = tuple(
            Abstention(
                np.zeros(int(size)),
                named[f"components_{number}"],
                named[f"variances_{number}"],
                float(residual),
            )
            for number, (size, residual) in enumerate(zip(named["sizes"], named["residuals"], strict=True))
        )
        numbers = tuple(named[name] for name in ("centre", "scale", "middle", "spread", "weights"))
        bias = float(named["bias"])
    except (ValueError, KeyError, TypeError, IndexError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ReleaseError(
            "the release's abstention parameters cannot be read; fetch the release again"
        ) from error
    centre, scale, middle, spread, weights = numbers
    found = Strangeness(centre, scale, layers, middle, spread, weights, bias)
    if not _fits(found):
        raise ReleaseError(
            "the release's abstention parameters do not fit each other; fetch the release again"
        )
    return found


def _fits(found: Strangeness) -> bool:
    total, count = sum(layer.mean.size for layer in found.layers), len(found.layers)
    shapes = [array.shape for array in (found.centre, found.scale, found.middle, found.spread, found.weights)]
    if shapes != [(total,), (total,), (count,), (count,), (total + count,)]:
        return False
    for layer in found.layers:
        if layer.components.shape != (layer.variances.size, layer.mean.size):
            return False
        if not np.isfinite(layer.components).all():
            return False
        if not min(layer.residual_variance, *layer.variances.tolist()) > 0.0:
            return False
    positive = bool((found.scale > 0.0).all() and (found.spread > 0.0).all())
    finite = np.isfinite(np.concatenate([found.centre, found.middle, found.weights, [found.bias]])).all()
    return positive and bool(finite)


def read_abstaining(content: bytes, features: int) -> Abstention | Strangeness:
    """Read the parameters by which a release abstains, of either kind.

    Parameters
    ----------
    content : bytes
        The verified bytes of the `.npz`.
    features : int
        Number of pooled features that the network gives.

    Returns
    -------
    Abstention or Strangeness
        The first uses the network's `features`, the second its `statistics`.

    Raises
    ------
    ReleaseError
        The file is neither.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            weighs = "weights.npy" in archive.namelist()
    except zipfile.BadZipFile:
        weighs = False
    return read_strangeness(content) if weighs else read_abstention(content, features)
