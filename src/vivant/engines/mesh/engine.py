"""The default engine: the portrait on a face mesh, in numpy and OpenCV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vivant.engines.mesh import eyes, mouth, transfer
from vivant.engines.mesh.drawing import Canvas
from vivant.engines.mesh.layers import background_plate, person_mask
from vivant.engines.mesh.raster import source_map
from vivant.engines.mesh.shape import PosedShape, blend
from vivant.engines.mesh.surface import Surface
from vivant.types import Crop, Drawn, FaceCrop, Motion

_STRIDE = 2
"""The dense map is drawn at half the resolution and enlarged: it is smooth."""
_STILL = 0.05
"""Pixels that move less than this are the portrait's own."""
_SIZES = (128, 1280)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Options of the mesh engine."""

    size: int = 512
    """Side of the square it draws, in pixels: even, 128 to 1280."""
    strength: float = 1.0
    """Share of the driver's motion that is carried over, 0 (none) to 1 (all)."""
    background: bool = True
    """Keep the background still behind the moving person."""

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise ValueError(f"mesh.strength must lie in [0, 1], got {self.strength}")
        if not _SIZES[0] <= self.size <= _SIZES[1] or self.size % 2:
            raise ValueError(f"mesh.size must be even and in {list(_SIZES)}, got {self.size}")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPortrait:
    """All that is worked out once for a portrait."""

    image: np.ndarray
    """(size, size, 3) uint8."""
    texture: np.ndarray
    """(2 size, 2 size, 3) uint8: the portrait enlarged, so that reading between pixels stays sharp."""
    person: np.ndarray
    """(2 size, 2 size) uint8: the person's mask, enlarged."""
    plate: np.ndarray
    """(size, size, 3) uint8, the background without the person."""
    surface: Surface
    face: PosedShape
    skin: np.ndarray


class MeshEngine:
    """Warps the portrait by a face mesh that follows the driver's landmarks.

    The head turns as one body with depth, the mouth opens onto the driver's
    own, lids close over the eyes, and what does not move stays as it is.
    """

    Settings = Settings

    def __init__(self, settings: Settings | None = None) -> None:
        """Build the engine; it loads nothing until a portrait is encoded."""
        self.settings = settings or Settings()
        self.size = self.settings.size
        self.crop = Crop(scale=2.2, shift_y=0.02, follow="fixed")
        self.needs = frozenset({"landmarks", "pixels"})

    def at_size(self, side: int) -> MeshEngine:
        """Return the same engine drawing squares of about `side` pixels."""
        even = 2 * round(min(max(side, _SIZES[0]), _SIZES[1]) / 2)
        return MeshEngine(replace(self.settings, size=even))

    def encode(self, face: FaceCrop) -> EncodedPortrait:
        """Build the sheet, the person's mask and the background behind it."""
        posed = PosedShape.of(face)
        assert face.landmarks is not None
        image = face.image
        person = np.ones(image.shape[:2], np.float32)
        plate = image
        if self.settings.background:
            mask = person_mask(image)
            if _trusted(mask, face.landmarks):
                person, plate = mask, background_plate(image, mask)
        double = (2 * self.size, 2 * self.size)
        person = np.round(255 * person).astype(np.uint8)
        return EncodedPortrait(
            image=image.copy(),
            texture=cv2.resize(image, double, interpolation=cv2.INTER_CUBIC),
            person=cv2.resize(person, double, interpolation=cv2.INTER_LINEAR),
            plate=plate,
            surface=Surface.of(face.landmarks, self.size),
            face=posed,
            skin=mouth.skin_colour(face),
        )

    def motion(self, face: FaceCrop) -> Motion:
        """Take shape, pose and the inside of the mouth from a driving face."""
        return Motion({**PosedShape.of(face).pack(), **mouth.read(face)})

    def rest(self, encoded: EncodedPortrait) -> Motion:
        """Return the portrait's own shape and pose."""
        return Motion(encoded.face.pack())

    def relative(self, encoded: EncodedPortrait, reference: Motion, motion: Motion) -> Motion:
        """Carry the driver's change since `reference` to the portrait."""
        moved = transfer.relative(
            encoded.face,
            PosedShape.unpack(reference.arrays),
            PosedShape.unpack(motion.arrays),
            self.settings.strength,
        )
        return Motion({**motion.arrays, **moved.pack()})

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return the motion between `a` and `b`; mouth pixels come from the nearer one."""
        shape = blend(PosedShape.unpack(a.arrays), PosedShape.unpack(b.arrays), share)
        nearer = b if share >= 0.5 else a
        return Motion({**nearer.arrays, **shape.pack()})

    def render(self, encoded: EncodedPortrait, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw the portrait under each motion."""
        for motion in motions:
            yield self._draw(encoded, motion)

    def _draw(self, encoded: EncodedPortrait, motion: Motion) -> Drawn:
        target = PosedShape.unpack(motion.arrays)
        size = self.size
        surface = encoded.surface
        corners = surface.place(encoded.face, target)
        half = source_map(
            corners, surface.points[:, :2], surface.triangles, (0, 0, size, size), _STRIDE
        )
        alpha = cv2.resize(_moved(half), (size, size))
        canvas = Canvas(_warp(encoded, half, size), alpha)
        landmarks = target.draw(target.shape, size)
        shapes = (encoded.face, target)
        eyes.draw(canvas, encoded.texture, landmarks, shapes)
        ring = landmarks[mouth.RING, :2]
        mouth.draw(canvas, ring, motion.arrays, shapes, encoded.skin)
        return Drawn(image=canvas.image, alpha=canvas.alpha)


def _trusted(mask: np.ndarray, landmarks: np.ndarray) -> bool:
    """Whether the segmenter saw the person to whom the face belongs."""
    hull = cv2.convexHull(np.round(landmarks[:468, :2]).astype(np.int32))
    inside = cv2.fillConvexPoly(np.zeros(mask.shape, np.uint8), hull, 1).astype(bool)
    return bool(mask[inside].mean() > 0.85 and (mask < 0.05).mean() > 0.02)


def _moved(half: np.ndarray) -> np.ndarray:
    """How much of the drawing replaces the portrait: 0 where nothing moves, uint8."""
    rows, columns = half.shape[:2]
    x = np.arange(columns, dtype=np.float32) * _STRIDE + np.float32((_STRIDE - 1) / 2)
    y = np.arange(rows, dtype=np.float32) * _STRIDE + np.float32((_STRIDE - 1) / 2)
    distance = np.maximum(np.abs(half[..., 0] - x), np.abs(half[..., 1] - y[:, None]))
    share = np.clip((distance - _STILL) * (1 / 0.3), 0, 1) * half[..., 2]
    return np.asarray(share * 255, np.uint8)


def _warp(encoded: EncodedPortrait, half: np.ndarray, size: int) -> np.ndarray:
    """Read the portrait through the dense map and lay it over the background."""
    where = cv2.resize(half[..., :2] * 2 + 0.5, (size, size), interpolation=cv2.INTER_LINEAR)
    fixed, fraction = cv2.convertMaps(where, None, cv2.CV_16SC2)
    warped = cv2.remap(encoded.texture, fixed, fraction, cv2.INTER_LINEAR)
    person = cv2.remap(encoded.person, fixed, fraction, cv2.INTER_LINEAR)
    share = person.astype(np.float32) * np.float32(1 / 255)
    return cv2.blendLinear(warped, encoded.plate, share, 1 - share)
