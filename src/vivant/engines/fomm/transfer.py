"""How the First Order Motion Model carries a driver's motion over; numpy only.

Key points are a mapping: `value` (K, 2) or (batch, K, 2), (x, y) in [-1, 1], and perhaps
`jacobian` (K, 2, 2) or (batch, K, 2, 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import cv2
import numpy as np

Points = Mapping[str, np.ndarray]


def hull_area(points: np.ndarray) -> float:
    """Return the area of the convex hull of (K, 2) points.

    >>> hull_area(np.array([[0, 0], [2, 0], [2, 2], [0, 2], [1, 1.0]]))
    4.0
    """
    return float(cv2.contourArea(cv2.convexHull(np.ascontiguousarray(points, np.float32))))


def relative(
    source: Points,
    driving: Points,
    initial: Points,
    *,
    adapt_scale: bool = True,
    jacobians: bool = True,
) -> dict[str, np.ndarray]:
    """Return the key points to draw: the source's, changed as the driver's have changed.

    Args:
        source: the portrait's key points.
        driving: the driver's now.
        initial: the driver's in the frame whose pose is most like the portrait's.
        adapt_scale: scale the movement by the sizes of the two faces, the square roots of the
            areas of their key points' hulls; of a batch, the first decides for all.
        jacobians: carry the Jacobians' change over as well; else the driver's own are used.

    Source: Siarohin et al. 2019, sec. 3.4, eq. 13; scaling as in the authors' demo.
    """
    scale = 1.0
    if adapt_scale:
        mine, theirs = (hull_area(p["value"].reshape(-1, *p["value"].shape[-2:])[0])
                        for p in (source, initial))  # fmt: skip
        scale = float(np.sqrt(mine / theirs)) if theirs > 0 else 1.0
    change = (driving["value"] - initial["value"]) * np.float32(scale)
    found = dict(driving) | {"value": source["value"] + change}
    if jacobians and "jacobian" in driving:
        turned = driving["jacobian"] @ np.linalg.inv(initial["jacobian"])
        found["jacobian"] = turned @ source["jacobian"]
    return found


def best_frame(portrait: np.ndarray, faces: Iterable[np.ndarray | None]) -> int:
    """Return the number of the driver's face whose pose is most like the portrait's.

    Relative motion is best measured from there. The authors' demo does the same with 68
    landmarks of another tracker; any set will do, as long as it is the same for all faces.

    Args:
        portrait: landmarks (N, 2 or 3); of three coordinates all count.
        faces: the driver's, one a frame, of the same shape; None where no face was found.

    Raises:
        ValueError: no frame shows a face.

    >>> turned = np.array([[0, 0], [2, 1], [0, 3.0]])
    >>> best_frame(turned, [None, turned[::-1], turned * 7 + 5])
    2
    """
    wanted = _normalised(portrait)
    apart = {
        number: float(np.square(_normalised(face) - wanted).sum())
        for number, face in enumerate(faces)
        if face is not None
    }
    if not apart:
        raise ValueError("best_frame: no frame of the driver shows a face")
    return min(apart, key=apart.__getitem__)


def _normalised(landmarks: np.ndarray) -> np.ndarray:
    """Return landmarks around 0, of a hull of area 1 as seen from the front."""
    centred = landmarks - landmarks.mean(axis=0)
    side = np.sqrt(hull_area(centred[:, :2]))
    scaled: np.ndarray = centred / max(float(side), 1e-9)
    return scaled
