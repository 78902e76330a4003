"""What every metric offers, and the mean that most of them are."""

from __future__ import annotations

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


def check_pair(name: str, image: np.ndarray, target: np.ndarray) -> None:
    """Raise `ShapeError` unless both are (h, w) or (h, w, 3), alike, and not empty."""
    if image.shape != target.shape:
        raise ShapeError(
            f"{name}: the picture {image.shape} and its target {target.shape} differ in shape; "
            f"bring both to the same size first"
        )
    if image.ndim not in (2, 3) or image.size == 0:
        raise ShapeError(f"{name} wants pictures (height, width[, channels]), got {image.shape}")
