"""Which size pictures have at which step: close-ups and small ones first, where a step takes less time."""

from dataclasses import dataclass

from model.network_shape import STRIDE

_CLOSE = 1 / 2
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
        Of them those, after the close-ups, whose pictures have 5/7 of that size.
    close_up_steps : int
        The first of them, which see close-ups of half that size, at the scale of the whole.
    """

    input_size: int
    steps: int
    small_steps: int
    close_up_steps: int = 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes in turn."""
        first = (self._close,) if self.close_up_steps else ()
        small = (self._small,) if self.small_steps else ()
        return (*first, *small, self.input_size)

    def shows_close_ups(self, step: int) -> bool:
        """Return whether a step sees close-ups.

        Parameters
        ----------
        step : int
            From 0.

        Returns
        -------
        bool
        """
        return step < self.close_up_steps

    @property
    def full_size_from(self) -> int:
        """The first step, from 0, whose pictures have the input's size."""
        return self.close_up_steps + self.small_steps

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
        if self.shows_close_ups(step):
            return self._close
        return self._small if step < self.full_size_from else self.input_size

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
        close = min(step, self.close_up_steps)
        small = min(step - close, self.small_steps)
        pixels = close * self._close**2 + small * self._small**2
        return pixels / self.input_size**2 + (step - close - small)

    @property
    def _close(self) -> int:
        return _whole_strides(self.input_size * _CLOSE)

    @property
    def _small(self) -> int:
        return _whole_strides(self.input_size * _SMALL)


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


def _whole_strides(size: float) -> int:
    return max(STRIDE, round(size / STRIDE) * STRIDE)
