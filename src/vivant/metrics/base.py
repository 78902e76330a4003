"""What every metric offers, and the mean that most of them are."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol, Self

import numpy as np

from vivant.errors import ShapeError


class Metric(Protocol):
    """A metric under way; `update` differs from one to the next."""

    unit: ClassVar[str]
    higher_is_better: ClassVar[bool | None]

    def compute(self) -> float:
        """Return the metric over all that was added.

        Raises:
            ValueError: nothing was added.
        """


class Mean:
    """A mean under way: base of the metrics that are one number a picture."""

    unit: ClassVar[str]
    higher_is_better: ClassVar[bool | None]

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0

    def add(self, value: float) -> None:
        """Add the number of one picture."""
        self._sum += value
        self._count += 1

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        self._sum += other._sum
        self._count += other._count

    @property
    def count(self) -> int:
        """How many numbers were added."""
        return self._count

    def compute(self) -> float:
        """Return the mean over all that was added.

        Raises:
            ValueError: nothing was added.
        """
        if not self._count:
            raise ValueError(f"{type(self).__name__}: nothing was added; call update() first")
        return self._sum / self._count


class PictureMean(Mean):
    """The mean of what `function` says of pairs of pictures."""

    function: ClassVar[Callable[..., float]]
    """Takes picture, target and `peak`."""

    def __init__(self, *, peak: float) -> None:
        super().__init__()
        self.peak = peak

    def update(self, image: np.ndarray, target: np.ndarray) -> None:
        """Add one picture and its target."""
        self.add(type(self).function(image, target, peak=self.peak))


def check_pair(
    name: str, image: np.ndarray, target: np.ndarray, *, peak: float | None = None
) -> None:
    """Raise `ShapeError` unless both are pictures that can be compared.

    Both must be (h, w) or (h, w, channels), alike, not empty, of whole or real
    numbers, and finite. Where a `peak` is given it must be positive, and 255 for
    bytes: bytes with the peak of floats would give numbers that look like a result.
    """
    if image.shape != target.shape:
        raise ShapeError(
            f"{name}: the picture {image.shape} and its target {target.shape} differ in shape; "
            f"bring both to the same size first"
        )
    if image.ndim not in (2, 3) or image.size == 0:
        raise ShapeError(f"{name} wants pictures (height, width[, channels]), got {image.shape}")
    for what, pixels in (("picture", image), ("target", target)):
        if pixels.dtype.kind not in "uif":
            raise ShapeError(f"{name}: the {what} holds {pixels.dtype}, wanted uint8 or floats")
        if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
            bad = int(np.count_nonzero(~np.isfinite(pixels)))
            raise ShapeError(
                f"{name}: {bad} of {pixels.size} values of the {what} are NaN or infinite"
            )
        if peak is not None and (not peak > 0 or (pixels.dtype == np.uint8 and peak != 255)):
            raise ShapeError(
                f"{name}: peak is {peak} for a {what} of {pixels.dtype}; wanted 255 for uint8, "
                f"and the largest possible value, mostly 1.0, for floats"
            )
