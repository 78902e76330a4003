"""From what LivePortrait's motion extractor says to key points in the frame; numpy only.

Key points are (batch, K, 3), (x, y, z) = (right, down, into the picture). Angles are degrees
(batch, 1). Nothing here needs torch, so motions can be made and changed without it.

Source: Guo et al. 2024, arXiv:2407.03168, eq. 2: x = s (x_canonical R + delta) + t.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

BIN_DEGREES = 3.0
"""Width of an angle's bin."""
FIRST_BIN = -97.5
"""Degrees of the first bin."""
ANGLES = ("pitch", "yaw", "roll")


def degrees(scores: np.ndarray) -> np.ndarray:
    """Return the angle that scores of bins stand for: the mean over their softmax.

    Args:
        scores: (..., 66), not normalised.

    Returns:
        (...,) degrees.

    >>> float(degrees(np.where(np.arange(66) == 40, 50.0, 0.0)))
    22.5
    """
    share = np.exp(scores - scores.max(axis=-1, keepdims=True), dtype=np.float64)
    share /= share.sum(axis=-1, keepdims=True)
    angle: np.ndarray = share @ np.arange(scores.shape[-1]) * BIN_DEGREES + FIRST_BIN
    return angle.astype(np.float32)


def rotation(pitch: np.ndarray, yaw: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Return the turn of the head: (batch, 3, 3) float32, for points as rows (`kp @ R`).

    It is the transpose of Rz(roll) Ry(yaw) Rx(pitch), so about x first.

    Args:
        pitch: degrees about x, (batch, 1) or (batch,).
        yaw: degrees about y.
        roll: degrees about z.

    >>> (rotation(np.zeros(1), np.zeros(1), np.full(1, 90.0))[0].round(3) + 0.0).tolist()
    [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    about_x = _turn(pitch, 1, 2)
    about_y = _turn(yaw, 2, 0)
    about_z = _turn(roll, 0, 1)
    turned: np.ndarray = (about_z @ about_y @ about_x).transpose(0, 2, 1)
    return turned.astype(np.float32)


def _turn(angle: np.ndarray, first: int, second: int) -> np.ndarray:
    """Return the rotation by degrees from the first axis to the second, (batch, 3, 3)."""
    angle = np.radians(np.asarray(angle, np.float64).reshape(-1))
    turned = np.tile(np.eye(3), (len(angle), 1, 1))
    turned[:, first, first] = turned[:, second, second] = np.cos(angle)
    turned[:, second, first] = np.sin(angle)
    turned[:, first, second] = -np.sin(angle)
    return turned


def key_point_info(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the motion extractor's answer with angles and key points in shape.

    Args:
        raw: its dictionary as arrays: angles as bins (batch, 66), `kp` and `exp` (batch, 3 K).

    Returns:
        the same names: angles (batch, 1) in degrees, `kp` and `exp` (batch, K, 3), `t` (batch, 3)
        and `scale` (batch, 1) as they are; float32.
    """
    info = {name: np.asarray(value, np.float32) for name, value in raw.items()}
    for name in ANGLES:
        if info[name].shape[-1] > 1:
            info[name] = degrees(info[name])[:, None]
    for name in ("kp", "exp"):
        info[name] = info[name].reshape(len(info[name]), -1, 3)
    return info


def canonical_and_motion(
    raw: Mapping[str, np.ndarray],
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return what the motion extractor says of one face.

    Args:
        raw: its dictionary as arrays of a batch of one.

    Returns:
        its key points without pose and expression (K, 3), and its motion as `transfer`
        describes it.
    """
    info = key_point_info(raw)
    motion = {
        "rotation": rotation(*(info[name] for name in ANGLES))[0],
        "expression": info["exp"][0],
        "scale": info["scale"][0],
        "shift": info["t"][0],
    }
    return info["kp"][0], motion


def transformed(info: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the key points as they stand in the frame, (batch, K, 3) float32.

    They are turned, moved by the expression, scaled and shifted in x and y; the shift along z
    is left out, as the public code does.

    Args:
        info: `kp`, `exp`, `t`, `scale`, `pitch`, `yaw`, `roll`, raw or of `key_point_info`.
    """
    info = key_point_info(info)
    turned = info["kp"] @ rotation(*(info[name] for name in ANGLES))  # (batch, K, 3)
    points: np.ndarray = (turned + info["exp"]) * info["scale"][:, None]
    points[..., :2] += info["t"][:, None, :2]
    return points


def stitched(points: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return driving key points changed as the stitching network says.

    Args:
        points: (batch, K, 3).
        change: its answer (batch, 3 K + 2): a change a coordinate, then a shift in x and y.
    """
    count = points.shape[1]
    moved: np.ndarray = points + change[:, : 3 * count].reshape(-1, count, 3)
    moved[..., :2] += change[:, None, 3 * count : 3 * count + 2]
    return moved


def picture(drawn: np.ndarray) -> np.ndarray:
    """Return (batch, 3, h, w) floats as (batch, h, w, 3) uint8 RGB.

    Values outside [0, 1] are cut off; fractions are cut, not rounded, as the public code does.

    >>> picture(np.full((1, 3, 1, 1), 0.999, np.float32))[0, 0, 0].tolist()
    [254, 254, 254]
    """
    cut: np.ndarray = (np.clip(drawn, 0, 1) * 255).astype(np.uint8)
    return cut.transpose(0, 2, 3, 1)
