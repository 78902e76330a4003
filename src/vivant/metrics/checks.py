"""What metrics of points, vectors, scores and measurements ask of what they are given."""

from __future__ import annotations

import math

import numpy as np

from vivant.errors import ShapeError


def check_arrays(
    name: str, drawn: np.ndarray, truth: np.ndarray, shape: tuple[int | str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays as float64 where they are alike, finite and of the wanted shape.

    Args:
        name: who asks, for the message.
        drawn: what was measured on the drawn face.
        truth: what was measured on the true one.
        shape: a number where the length is fixed, a word where any length but 0 will do.

    Raises:
        ShapeError: a shape is another, or a number is NaN or infinite.

    >>> drawn, truth = check_arrays("x", np.zeros((3, 2)), np.ones((3, 2), np.uint8), ("count", 2))
    >>> check_arrays("x", np.zeros(3), np.array([0, np.nan, 1]), ("length",))
    Traceback (most recent call last):
    vivant.errors.ShapeError: x: 1 of 3 numbers of the true face are not finite; ...
    """
    if np.shape(drawn) != np.shape(truth) or not _fits(np.shape(drawn), shape):
        wanted = ", ".join(str(side) for side in shape) + ("," if len(shape) == 1 else "")
        raise ShapeError(f"{name} wants twice ({wanted}), got {_shape(drawn)} and {_shape(truth)}")
    return check_finite(name, drawn, "drawn"), check_finite(name, truth, "true")


def check_finite(name: str, values: np.ndarray, whose: str) -> np.ndarray:
    """Return an array as float64.

    Raises:
        ShapeError: a number is NaN or infinite.
    """
    exact = np.asarray(values, np.float64)
    if not np.isfinite(exact).all():
        raise ShapeError(
            f"{name}: {int((~np.isfinite(exact)).sum())} of {exact.size} numbers of the {whose} "
            f"face are not finite; leave frames without a face out, and count them as missed"
        )
    return exact


def check_measured(what: str, value: float) -> None:
    """Raise `ShapeError` unless a measured amount is finite and over 0."""
    if not (math.isfinite(value) and value > 0):
        raise ShapeError(f"{what} must be finite and over 0, got {value!r}")


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    if len(shape) != len(wanted) or 0 in shape:
        return False
    return all(
        isinstance(side, str) or got == side for got, side in zip(shape, wanted, strict=True)
    )


def _shape(array: np.ndarray) -> str:
    return str(tuple(np.shape(array)))
