"""Square crops around faces, for every engine in the same way."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vivant.errors import ShapeError
from vivant.landmarks import LEFT_EYE, LIPS_OUTER, RIGHT_EYE
from vivant.types import Crop, Face, FaceCrop, Pose

_MIRRORED = 0.04
"""How deep the picture is mirrored beyond its edge, in crop sides."""
_LIKE = (20.0, 60.0)
"""Difference of colour up to which a mirrored pixel is like the edge's, and from which not."""
_ALIGNED = np.array([[-0.5, -0.4], [0.5, -0.4], [0.0, 0.6]])
"""Right eye, left eye and mouth of an aligned face, in units of the eye distance."""


def crop_from_face(
    face: Face, crop: Crop, size: int, within: tuple[int, ...] | None = None
) -> np.ndarray:
    """Return the transform that cuts `face` the way an engine wants it.

    Args:
        face: where the face is, frame pixels.
        crop: what the engine wants.
        size: side of the cut picture, pixels.
        within: height and width of the frame, where an upright crop is to be shifted
            (and where it must be, shrunk) to show nothing beyond it.

    Returns:
        (3, 3) float64 `crop_from_frame`; without `within` it may reach beyond the frame.
    """
    if crop.align != "box":
        return _aligned(face, crop, size)
    points = face.landmarks[:468, :2].astype(np.float64)
    angle = np.radians(face.pose.roll) if crop.rotate else 0.0
    cos, sin = np.cos(angle), np.sin(angle)
    upright = np.array([[cos, sin], [-sin, cos]])
    turned = points @ upright.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    side = crop.scale * float((high - low).max())
    centre = (low + high) / 2 + [0.0, crop.shift_y * side]
    if within is not None and not crop.rotate:
        return _inside(centre + 0.5, side, within, size)
    return _placed(upright, centre, size / side, size)


def _inside(centre: np.ndarray, side: float, frame: tuple[int, ...], size: int) -> np.ndarray:
    height, width = frame[:2]
    side = min(side, height, width)
    left = min(max(centre[0] - side / 2, 0.0), width - side)
    top = min(max(centre[1] - side / 2, 0.0), height - side)
    return box_crop(left, top, side, size)


def whole(height: int, width: int, size: int) -> np.ndarray:
    """Return `crop_from_frame` for the largest centred square of a frame.

    >>> whole(100, 200, 50)[0]
    array([  0.5 ,   0.  , -25.25])
    """
    side = min(height, width)
    return box_crop((width - side) / 2, (height - side) / 2, side, size)


def box_crop(left: float, top: float, side: float, size: int) -> np.ndarray:
    """Return `crop_from_frame` for the square at (left, top), edges in pixels.

    Edges count from the outer edge of the first pixel, so (0, 0, width) is the
    whole of a square frame.
    """
    centre = np.array([left + side / 2 - 0.5, top + side / 2 - 0.5])
    return _placed(np.eye(2), centre, size / side, size)


def scale_of(crop_from_frame: np.ndarray) -> float:
    """Return the crop's pixels for each pixel of the frame.

    >>> scale_of(np.diag([2.0, 2.0, 1.0]))
    2.0
    """
    return float(np.hypot(crop_from_frame[0, 0], crop_from_frame[0, 1]))


def snapped(crop_from_frame: np.ndarray, size: int) -> np.ndarray:
    """Move an upright crop of nearly scale 1 to whole pixels, so that cutting only copies.

    Any other crop is returned as it is.
    """
    if abs(scale_of(crop_from_frame) - 1) > 1.5 / size or crop_from_frame[0, 1] != 0:
        return crop_from_frame
    middle = np.array([(size - 1) / 2, (size - 1) / 2, 1.0])
    shown = np.linalg.inv(crop_from_frame) @ middle
    exact = np.eye(3)
    exact[:2, 2] = np.round(middle[:2] - shown[:2])
    return exact


def _placed(linear: np.ndarray, centre: np.ndarray, scale: float, size: int) -> np.ndarray:
    matrix = np.eye(3)
    matrix[:2, :2] = scale * linear
    matrix[:2, 2] = (size - 1) / 2 - scale * centre
    return matrix


def _aligned(face: Face, crop: Crop, size: int) -> np.ndarray:
    """Similarity that takes both eyes, and perhaps the mouth, to fixed places."""
    rings = (RIGHT_EYE, LEFT_EYE) + ((LIPS_OUTER,) if crop.align == "similarity" else ())
    points = np.array([face.landmarks[list(ring), :2].mean(axis=0) for ring in rings])
    wanted = _ALIGNED[: len(rings)] * (size / crop.scale / 2.0) + [
        size / 2,
        size * (0.5 - crop.shift_y),
    ]
    middle, target = points.mean(axis=0), wanted.mean(axis=0)
    a, b = points - middle, wanted - target
    dot = float((a * b).sum())
    cross = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    norm = float((a**2).sum())
    linear = np.array([[dot, -cross], [cross, dot]]) / norm
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = target - linear @ middle
    return matrix


def cut(image: np.ndarray, crop_from_frame: np.ndarray, size: int) -> np.ndarray:
    """Cut a (size, size, 3) picture; beyond the frame its edge pixels repeat.

    A crop of scale 1 at a whole-pixel place copies the frame's pixels.
    """
    shift = crop_from_frame[:2, 2]
    if np.array_equal(crop_from_frame[:2, :2], np.eye(2)) and not np.any(shift % 1):
        return _copied(image, -shift.astype(int), size)
    small = scale_of(crop_from_frame) < 0.5
    return cv2.warpAffine(
        image,
        crop_from_frame[:2],
        (size, size),
        flags=cv2.INTER_AREA if small else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def cut_on(image: np.ndarray, crop_from_frame: np.ndarray, size: int) -> np.ndarray:
    """Cut a (size, size, 3) picture that goes on beyond the frame: what moves in is plausible.

    Just beyond the edge the picture is mirrored, further out ever more stretched, so that hair
    and walls go on without streaks, yet no second eye or mouth appears. Where the mirror shows
    something else than the edge has, a head that does not reach it, the edge's pixels repeat.
    """
    frame_from_crop = np.linalg.inv(crop_from_frame)
    y, x = np.mgrid[:size, :size].astype(np.float64)
    places = np.stack([x, y], axis=-1) @ frame_from_crop[:2, :2].T + frame_from_crop[:2, 2]
    depth = _MIRRORED * size / scale_of(crop_from_frame)
    maps = [
        _folded(places[..., axis], image.shape[1 - axis], depth).astype(np.float32)
        for axis in (0, 1)
    ]
    across, down = maps
    repeat = cv2.BORDER_REPLICATE
    mirror = cv2.remap(image, across, down, cv2.INTER_LINEAR, borderMode=repeat)
    edge = cut(image, crop_from_frame, size)
    unlike = cv2.blur(cv2.absdiff(mirror, edge).max(axis=2), (9, 9)).astype(np.float32)
    share = np.clip((_LIKE[1] - unlike) / (_LIKE[1] - _LIKE[0]), 0, 1)[..., None]
    return np.asarray(np.round(edge + share * (mirror.astype(np.float32) - edge)), np.uint8)


def _folded(places: np.ndarray, length: int, depth: float) -> np.ndarray:
    """Bring places beyond a line of `length` pixels back inside, at most `depth` from its end."""
    low, high = np.maximum(-places, 0), np.maximum(places - (length - 1), 0)
    inside: np.ndarray = np.clip(places, 0, length - 1)
    inside += depth * (np.exp(-high / depth) - np.exp(-low / depth))
    return inside


def reaches_beyond(crop_from_frame: np.ndarray, size: int, frame: tuple[int, ...]) -> bool:
    """Say whether a crop shows anything beyond a frame of that height and width."""
    corners = np.array([[0, 0], [size - 1, 0], [size - 1, size - 1], [0, size - 1]], float)
    frame_from_crop = np.linalg.inv(crop_from_frame)
    places = corners @ frame_from_crop[:2, :2].T + frame_from_crop[:2, 2]
    return bool(
        (places.min(axis=0) < 0).any() or (places.max(axis=0) > [frame[1] - 1, frame[0] - 1]).any()
    )


def _copied(image: np.ndarray, corner: np.ndarray, size: int) -> np.ndarray:
    """Copy the square whose top left pixel is `corner` (x, y)."""
    rows, above, below = _span(int(corner[1]), size, image.shape[0])
    columns, left, right = _span(int(corner[0]), size, image.shape[1])
    part = image[rows, columns]
    if not (above or below or left or right):
        return part.copy()
    return cv2.copyMakeBorder(part, above, below, left, right, cv2.BORDER_REPLICATE)


def _span(start: int, size: int, length: int) -> tuple[slice, int, int]:
    """Return which pixels of a line to copy, and how often to repeat its ends."""
    first = min(max(start, 0), length - 1)
    last = max(min(start + size, length), first + 1)
    before = min(max(-start, 0), size - (last - first))
    return slice(first, last), before, size - (last - first) - before


def to_crop(points: np.ndarray, crop_from_frame: np.ndarray) -> np.ndarray:
    """Carry points from the frame into a crop.

    Args:
        points: (count, 2 or 3) float, frame pixels; a z is scaled along.
        crop_from_frame: (3, 3) float, a similarity: last row 0 0 1.

    Returns:
        the same shape, float32; points outside the crop are kept.

    Raises:
        ShapeError: `points` has another shape.

    >>> to_crop(np.array([[12.0, 25.0]]), np.array([[1, 0, -10], [0, 1, -20], [0, 0, 1.0]]))
    array([[2., 5.]], dtype=float32)
    """
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise ShapeError(f"points must be (count, 2) or (count, 3), got {points.shape}")
    linear, shift = crop_from_frame[:2, :2], crop_from_frame[:2, 2]
    moved = np.empty(points.shape, np.float32)
    moved[:, :2] = points[:, :2] @ linear.T + shift
    if points.shape[1] == 3:
        moved[:, 2] = points[:, 2] * np.sqrt(abs(np.linalg.det(linear)))
    return moved


def pose_in_crop(pose: Pose, crop_from_frame: np.ndarray) -> Pose:
    """Return `pose` as seen in a crop: turned, scaled and shifted with it."""
    linear, shift = crop_from_frame[:2, :2], crop_from_frame[:2, 2]
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    turn = np.eye(3)
    turn[:2, :2] = linear / scale
    translation = np.append(linear @ pose.translation[:2] + shift, pose.translation[2] * scale)
    return Pose(rotation=turn @ pose.rotation, translation=translation, scale=pose.scale * scale)


def face_crop(
    image: np.ndarray | None, face: Face | None, crop_from_frame: np.ndarray, size: int
) -> FaceCrop:
    """Cut `image` and carry what is known of `face` into the crop.

    Without an image the crop is blank, and says so.
    """
    blank = np.broadcast_to(np.uint8(0), (size, size, 3))
    return FaceCrop(
        image=blank if image is None else cut(image, crop_from_frame, size),
        landmarks=None if face is None else to_crop(face.landmarks, crop_from_frame),
        scores=None if face is None else face.scores,
        pose=None if face is None else pose_in_crop(face.pose, crop_from_frame),
        crop_from_frame=crop_from_frame,
        pixels=image is not None,
    )


def portrait_crop(
    image: np.ndarray, face: Face | None, crop_from_frame: np.ndarray, size: int
) -> FaceCrop:
    """Cut a portrait like `face_crop`, but let it go on beyond its edge (`cut_on`)."""
    crop = face_crop(image, face, crop_from_frame, size)
    if not reaches_beyond(crop_from_frame, size, image.shape):
        return crop
    return replace(crop, image=cut_on(image, crop_from_frame, size))
