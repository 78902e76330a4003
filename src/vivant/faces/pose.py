"""Where a head is and how it is turned, from its landmarks."""

from __future__ import annotations

import numpy as np

from vivant.errors import ShapeError
from vivant.types import LANDMARKS, Pose
from vivant.weights.canonical import canonical_face


def fit_pose(landmarks: np.ndarray) -> Pose:
    """Fit the canonical head to landmarks, as a scaled orthographic view.

    Only the landmarks that belong to the skull take part, each with the weight
    that the model gives it, so that an open mouth or a blink does not turn the
    head. For axes and signs see `vivant.types.Pose`.

    Args:
        landmarks: (478, 3) or (468, 3), pixels; z away from the camera.

    Raises:
        ShapeError: the array has another shape.

    Source: Umeyama 1991, doi:10.1109/34.88573, with weights.

    >>> from vivant.weights.canonical import canonical_face
    >>> frontal = canonical_face().vertices * 10.0 + [320.0, 240.0, 0.0]
    >>> pose = fit_pose(frontal)
    >>> round(pose.scale, 6), np.round(pose.translation[:2], 6).tolist()
    (10.0, [320.0, 240.0])
    """
    head = canonical_face()
    count = len(head.vertices)
    if landmarks.shape not in ((LANDMARKS, 3), (count, 3)):
        raise ShapeError(f"fit_pose wants landmarks ({LANDMARKS}, 3), got {landmarks.shape}")
    firm = np.flatnonzero(head.weights)
    share = (head.weights[firm] / head.weights[firm].sum())[:, None]
    model, seen = head.vertices[firm], landmarks[firm].astype(np.float64)
    model_middle, seen_middle = (share * model).sum(axis=0), (share * seen).sum(axis=0)
    model, seen = model - model_middle, seen - seen_middle
    left, stretch, right = np.linalg.svd((share * seen).T @ model)
    keep = np.ones(3)  # a mirror image is no rotation
    keep[2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    rotation = (left * keep) @ right
    scale = float((stretch * keep).sum() / (share * model**2).sum())
    return Pose(rotation, seen_middle - scale * rotation @ model_middle, scale)
