"""Is this picture like anything the network knows? A distance that costs two small products.

The pooled features of the training pictures are described by a Gaussian whose covariance has a few free
directions and the same small variance in all others (probabilistic principal components). A picture's
distance is its Mahalanobis distance under that Gaussian, divided by the root of the number of features, so
that about 1 is usual.

References
----------
Tipping and Bishop 1999, Probabilistic Principal Component Analysis, J. R. Stat. Soc. B 61(3).
Lee et al. 2018, arXiv:1807.03888: Mahalanobis distance in feature space for out-of-distribution detection.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from model.errors import ReleaseError

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Abstention:
    """The Gaussian around what was seen in training.

    Parameters
    ----------
    mean : ndarray, shape (features,), float64
    components : ndarray, shape (k, features), float64
        Orthonormal directions of greatest variance.
    variances : ndarray, shape (k,), float64
        Variance along each component, greater than 0.
    residual_variance : float
        Variance along every other direction, greater than 0.
    """

    output: ClassVar[str] = "features"
    """The output of the network that it uses."""

    mean: Float
    components: Float
    variances: Float
    residual_variance: float

    @property
    def size(self) -> int:
        """Number of features that it uses."""
        return self.mean.size

    def distance(self, features: NDArray[np.floating]) -> Float:
        """Return how far pictures are from those of the training.

        Parameters
        ----------
        features : ndarray, shape (n, features)
            Pooled features as the network gives them.

        Returns
        -------
        ndarray, shape (n,), float64
            At least 0; larger is stranger; not finite where a feature is not.
        """
        # A feature that is not finite must give a distance that is not finite, without a warning.
        with np.errstate(invalid="ignore", over="ignore"):
            centred = np.asarray(features, dtype=np.float64) - self.mean
            along = centred @ self.components.T
            rest = np.maximum(np.square(centred).sum(axis=1) - np.square(along).sum(axis=1), 0.0)
            squared = (np.square(along) / self.variances).sum(axis=1) + rest / self.residual_variance
            return np.asarray(np.sqrt(squared / self.mean.size), dtype=np.float64)

    def to_bytes(self) -> bytes:
        """Write the parameters as an uncompressed `.npz`.

        Returns
        -------
        bytes
            float32, which changes a distance by 1e-7.
        """
        stream = io.BytesIO()
        np.savez(
            stream,
            mean=self.mean.astype(np.float32),
            components=self.components.astype(np.float32),
            variances=self.variances.astype(np.float32),
            residual_variance=np.float32(self.residual_variance),
        )
        return stream.getvalue()


def fit_abstention(
    features: NDArray[np.floating], weights: NDArray[np.floating], components: int
) -> Abstention:
    """Describe the features of the training pictures.

    Parameters
    ----------
    features : ndarray, shape (n, features)
        Pooled features; n greater than `components`.
    weights : ndarray, shape (n,)
        How much each picture counts; one vote a source, so copies do not make a picture usual.
    components : int
        Number of free directions.

    Returns
    -------
    Abstention
    """
    values = np.asarray(features, dtype=np.float64)
    share = np.asarray(weights, dtype=np.float64) / np.sum(weights)
    mean = share @ values
    centred = (values - mean) * np.sqrt(share)[:, None]
    if len(values) > values.shape[1]:  # then the small product has all there is to know
        along, columns = np.linalg.eigh(centred.T @ centred)
        variances, directions = np.maximum(along[::-1], 0.0), columns.T[::-1]
    else:
        _, singular, directions = np.linalg.svd(centred, full_matrices=False)
        variances = np.square(singular)
    rest = max(values.shape[1] - components, 1)
    residual = max(float(variances[components:].sum()) / rest, 1e-12)
    return Abstention(mean, directions[:components], np.maximum(variances[:components], residual), residual)


def read_abstention(content: bytes, features: int) -> Abstention:
    """Read what `Abstention.to_bytes` wrote.

    Parameters
    ----------
    content : bytes
        The verified bytes of the `.npz`; nothing in it is unpickled.
    features : int
        Number of features that the network gives.

    Returns
    -------
    Abstention

    Raises
    ------
    ReleaseError
        The file is not such an archive, or its arrays do not fit each other or the network.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            mean, directions, variances = (
                np.asarray(archive[name], dtype=np.float64) for name in ("mean", "components", "variances")
            )
            residual = float(archive["residual_variance"])
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ReleaseError(
            "the release's abstention parameters cannot be read; fetch the release again"
        ) from error
    fits = mean.shape == (features,) and directions.shape == (variances.size, features)
    if not fits or not np.isfinite(directions).all() or not min(residual, *variances.tolist()) > 0.0:
        raise ReleaseError(
            f"the release's abstention parameters do not fit a network with {features} features; "
            "fetch the release again"
        )
    return Abstention(mean, directions, variances, residual)
