"""How LivePortrait carries a driver's motion over; numpy only.

A motion is a mapping: `rotation` (3, 3) for points as rows, `expression` (K, 3) changes of key
points, `scale` (1,), `shift` (3,), and perhaps `eyes` (1,) and `lips` (1,), how far they are to be
open (`openness`). All are those of `camera`, of one face.

Source: Guo et al. 2024, arXiv:2407.03168, sec. 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

Arrays = Mapping[str, np.ndarray]

LIPS: Final = (6, 12, 14, 17, 19, 20)
"""The public model's key points that open and shape the mouth."""
EYES: Final = (11, 13, 15, 16, 18)
"""Those that move lids and gaze."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the driver's change each part of a motion takes, 0 (nothing) to 1 (all)."""

    pose: float = 1.0
    """Turning, nearness and place of the head."""
    expression: float = 1.0
    """All key points but those of lips and eyes."""
    lips: float = 1.0
    eyes: float = 1.0

    def of_points(self, count: int) -> np.ndarray:
        """Return the share of each of `count` key points, (count, 1) float32.

        >>> Shares(lips=0.5, eyes=0.0).of_points(21)[[0, 6, 11], 0].tolist()
        [1.0, 0.5, 0.0]
        """
        shares = np.full((count, 1), self.expression, np.float32)
        for region, share in ((LIPS, self.lips), (EYES, self.eyes)):
            shares[[point for point in region if point < count]] = share
        return shares


def points(canonical: np.ndarray, motion: Arrays) -> np.ndarray:
    """Return key points as a motion places them in the picture, (K, 3) float32 in [-1, 1].

    `camera.transformed` does the same from angles.

    Args:
        canonical: the portrait's own key points, without pose and expression (K, 3).
        motion: what to do with them.
    """
    turned = canonical @ motion["rotation"] + motion["expression"]
    placed: np.ndarray = turned * motion["scale"]
    placed[:, :2] += motion["shift"][:2]
    return placed


def relative(own: Arrays, reference: Arrays, motion: Arrays, shares: Shares) -> Arrays:
    """Return the portrait's own motion, changed as the driver's has changed since `reference`.

    The turn since then is put onto the portrait's, changes of expression and place are added,
    of scale multiplied. Lids close by their share, so that closed is closed; lips open by as much.
    """
    pose = np.float32(shares.pose)
    turn = motion["rotation"] @ reference["rotation"].T
    change = motion["expression"] - reference["expression"]
    nearer = motion["scale"] / reference["scale"] - 1
    moved = {
        "rotation": _part_of(turn, shares.pose) @ own["rotation"],
        "expression": own["expression"] + shares.of_points(len(change)) * change,
        "scale": own["scale"] * (1 + pose * nearer),
        "shift": own["shift"] + pose * (motion["shift"] - reference["shift"]),
    }
    if "eyes" in motion:
        moved["eyes"] = own["eyes"] * motion["eyes"] / np.maximum(reference["eyes"], 0.05)
    if "lips" in motion:
        moved["lips"] = np.maximum(own["lips"] + motion["lips"] - reference["lips"], 0)
    return moved


def blend(a: Arrays, b: Arrays, share: float) -> Arrays:
    """Return the motion on the way from `a` (share 0) to `b` (share 1), turning evenly.

    >>> at = {"rotation": np.eye(3, dtype=np.float32), "scale": np.ones(1, np.float32)}
    >>> blend(at, at | {"scale": 3 * at["scale"]}, 0.5)["scale"].tolist()
    [2.0]
    """
    part = np.float32(share)
    between = {name: (1 - part) * a[name] + part * b[name] for name in a}
    between["rotation"] = _part_of(b["rotation"] @ a["rotation"].T, share) @ a["rotation"]
    return between


def _part_of(rotation: np.ndarray, share: float) -> np.ndarray:
    """Return a share of a rotation about its own axis, (3, 3) float32."""
    if share == 1:
        return rotation
    axis, _ = cv2.Rodrigues(rotation.astype(np.float64))
    part, _ = cv2.Rodrigues(share * axis)
    return part.astype(np.float32)
