"""Which size pictures have at which step: small first, where a step takes half the time."""

from dataclasses import dataclass

from model.network_shape import STRIDE

_SMALL = 5 / 7
_MARGIN = 8 / 7
"""Pictures are kept so much larger than the network's input, for cropping and turning."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Sizes and steps of a training.

    Parameters
    ----------
    input_size : int
        Rows and columns of the network's input at the end, a multiple of 32.
    steps : int
        In all.
    small_steps : int
        The first of them, whose pictures have 5/7 of that size.
    """

    input_size: int
    steps: int
    small_steps: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes in turn."""
        return (self._small, self.input_size) if self.small_steps else (self.input_size,)

    def size_at(self, step: int) -> int:
        """Return the size of the pictures of a step.

        Parameters
        ----------
        step : int
            From 0.

        Returns
        -------
        int
            Pixels a side.
        """
        return self._small if step < self.small_steps else self.input_size

    def work_until(self, step: int) -> float:
        """Return the work of the first steps, in steps of the full size: it grows with the pixels.

        Parameters
        ----------
        step : int
            How many.

        Returns
        -------
        float
        """
        small = min(step, self.small_steps)
        return small * (self._small / self.input_size) ** 2 + max(0, step - self.small_steps)

    @property
    def _small(self) -> int:
        return max(STRIDE, round(self.input_size * _SMALL / STRIDE) * STRIDE)


def square_size(size: int) -> int:
    """Return the size at which pictures are kept that are varied at `size`.

    Parameters
    ----------
    size : int
        Pixels a side.

    Returns
    -------
    int
        Pixels a side.
    """
    return round(size * _MARGIN)
