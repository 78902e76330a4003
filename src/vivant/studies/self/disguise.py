"""A driver made into somebody else, elsewhere, in other light; its performance stays.

So an engine cannot win by copying the driver's shape, place, colours or pixels.
What is changed is chosen once a clip, from a seed and the clip's name:

- the proportions of the face, by up to 8 % of its size (`vivant.studies.self.proportions`);
- the size of the picture in the frame, 0.85 to 1.15 times, and its place, by up to
  8 % of the frame;
- the light, by a gamma of 0.7 to 1.4, and the colours: only grey is left;
- the background: the person is cut out and stands before soft grey shapes that stand still.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vivant.faces.track import FaceTracker
from vivant.studies.regions import person
from vivant.studies.self.proportions import Placed, Proportions
from vivant.types import Face, Frame

PROPORTIONS: Final = (0.05, 0.08)
"""The landmark that moves the most moves by so much, in face sizes."""
SCALES: Final = (0.85, 1.15)
SHIFT: Final = 0.08
"""In each direction at most, in widths and heights of the frame."""
GAMMAS: Final = (0.7, 1.4)
_STRIDE: Final = 8
"""The field is smooth: every eighth pixel of it is worked out."""


@dataclass(frozen=True, slots=True, eq=False)
class Disguise:
    """What is changed in one clip."""

    field: Proportions
    scale: float
    shift: tuple[float, float]
    """x and y, in widths and heights of the frame."""
    gamma: float
    shapes: np.ndarray
    """(rows, columns) float32 in 0..1: the background, to be enlarged."""

    @classmethod
    def chosen(cls, seed: int, name: str) -> Disguise:
        """Choose the disguise of the clip called `name`: the same for the same seed."""
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        rng = np.random.default_rng(list(digest))
        low, high = np.log(GAMMAS)
        return cls(
            field=Proportions.chosen(rng, rng.uniform(*PROPORTIONS)),
            scale=float(rng.uniform(*SCALES)),
            shift=(float(rng.uniform(-SHIFT, SHIFT)), float(rng.uniform(-SHIFT, SHIFT))),
            gamma=float(np.exp(rng.uniform(low, high))),
            shapes=rng.uniform(0.15, 0.85, (5, 6)).astype(np.float32),
        )

    def plain(self) -> dict[str, float]:
        """Return the choices as plain data."""
        return {
            "proportions": self.field.largest(),
            "scale": self.scale,
            "shift_x": self.shift[0],
            "shift_y": self.shift[1],
            "gamma": self.gamma,
        }


def disguised(frames: Iterable[Frame], disguise: Disguise, tracker: FaceTracker) -> Iterator[Frame]:
    """Yield each frame disguised, (h, w, 3) uint8 of three equal channels.

    The face is followed on the true frames; where it is lost, the field stays
    where it was. Before a face was seen, proportions are left alone.
    """
    seen: tuple[Face, ...] = ()
    placed: Placed | None = None
    for frame in frames:
        seen = tracker.track(frame.image, seen, scores=False) or seen
        if seen:
            face = seen[0]
            placed = Placed.of(disguise.field, face.pose, face.landmarks)
        yield Frame(_drawn(frame.image, disguise, placed), frame.index, frame.time)


def frame_from_true(disguise: Disguise, height: int, width: int) -> np.ndarray:
    """Return the scale and shift of the whole picture, (2, 3): disguised from true pixels."""
    middle = np.array([width - 1, height - 1]) / 2
    shift = middle * (1 - disguise.scale) + np.array(disguise.shift) * [width, height]
    return np.column_stack([np.eye(2) * disguise.scale, shift])


def _drawn(image: np.ndarray, disguise: Disguise, placed: Placed | None) -> np.ndarray:
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    mask = np.clip((person(image) - 0.3) / 0.4, 0, 1)
    x, y = cv2.split(_sources(disguise, placed, height, width))
    both = cv2.remap(
        cv2.merge([grey, mask]), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    light = np.clip(both[..., 0], 0, 1) ** np.float32(disguise.gamma)
    behind = cv2.resize(disguise.shapes, (width, height), interpolation=cv2.INTER_CUBIC)
    shown = both[..., 1] * light + (1 - both[..., 1]) * np.clip(behind, 0, 1)
    return np.repeat(np.round(255 * shown).astype(np.uint8)[..., None], 3, axis=2)


def _sources(disguise: Disguise, placed: Placed | None, height: int, width: int) -> np.ndarray:
    """Return which place of the true frame each pixel shows, (h, w, 2) float32."""
    rows, columns = -(-height // _STRIDE), -(-width // _STRIDE)
    y = (np.arange(rows) + 0.5) * height / rows - 0.5
    x = (np.arange(columns) + 0.5) * width / columns - 0.5
    points = np.stack(np.meshgrid(x, y), axis=-1)
    matrix = frame_from_true(disguise, height, width)
    unplaced = (points - matrix[:, 2]) / disguise.scale
    moved = np.zeros_like(points) if placed is None else placed.backward(unplaced) - unplaced
    moved = cv2.resize(moved, (width, height), interpolation=cv2.INTER_CUBIC)
    whole = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    return np.asarray((whole - matrix[:, 2]) / disguise.scale + moved, np.float32)
