"""Where a head is and how it is turned, from its landmarks."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from vivant.errors import ShapeError
from vivant.landmarks import SKULL
from vivant.types import LANDMARKS, Pose
from vivant.weights.canonical import canonical_face


def fit_pose(landmarks: np.ndarray, firm: tuple[int, ...] = SKULL) -> Pose:
    """Fit the canonical head to landmarks, as a scaled orthographic view.

    Only firm landmarks take part, each with the weight that the model gives it,
    so that an open mouth or a blink does not turn the head. For axes and signs
    see `vivant.types.Pose`.

    Args:
        landmarks: (478, 3) or (468, 3), pixels; z away from the camera.
        firm: the landmarks that take part.

    Raises:
        ShapeError: the array has another shape.

    Source: Umeyama 1991, doi:10.1109/34.88573, with weights.

    >>> from vivant.weights.canonical import canonical_face
    >>> frontal = canonical_face().vertices * 10.0 + [320.0, 240.0, 0.0]
    >>> pose = fit_pose(frontal)
    >>> round(pose.scale, 6), np.round(pose.translation[:2], 6).tolist()
    (10.0, [320.0, 240.0])
    """
    head = _skull(firm)
    if landmarks.shape not in ((LANDMARKS, 3), (head.vertices, 3)):
        raise ShapeError(f"fit_pose wants landmarks ({LANDMARKS}, 3), got {landmarks.shape}")
    seen = landmarks[head.firm].astype(np.float64)
    seen_middle = head.share @ seen
    covariance = (seen - seen_middle).T @ head.weighted
    left, stretch, right = np.linalg.svd(covariance)
    # A mirror image is no rotation: the weakest axis is turned over instead.
    keep = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * keep) @ right
    scale = float(stretch @ keep / head.spread)
    return Pose(rotation, seen_middle - scale * rotation @ head.middle, scale)


class _Skull(NamedTuple):
    """The firm part of the canonical head, ready to be fitted."""

    vertices: int
    firm: np.ndarray
    share: np.ndarray
    middle: np.ndarray
    weighted: np.ndarray
    spread: float


@cache
def _skull(indices: tuple[int, ...]) -> _Skull:
    head = canonical_face()
    firm = np.array(indices)
    share = head.weights[firm] / head.weights[firm].sum()
    middle = share @ head.vertices[firm]
    centred = head.vertices[firm] - middle
    weighted = share[:, None] * centred
    spread = float((weighted * centred).sum())
    return _Skull(len(head.vertices), firm, share, middle, weighted, spread)
