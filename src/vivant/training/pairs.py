"""Pairs of frames of one person: a portrait, and what it should look like moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vivant.engines.mesh.engine import EncodedPortrait, MeshEngine, MeshSettings, sheet_map
from vivant.engines.mesh.shape import PosedShape
from vivant.faces import crop as cropping
from vivant.landmarks import LEFT_EYE, LIPS_INNER, RIGHT_EYE
from vivant.training import flow, sight
from vivant.training.clips import TrackedClip

_MESH = 256
"""Side of the crop that the mesh engine works on."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One pair, ready for the network; pictures (h, w, 3) uint8."""

    texture: np.ndarray
    """The portrait, of twice the side."""
    plate: np.ndarray
    """What is behind the person, (side, side, 3)."""
    truth: np.ndarray
    """How it should look, (side, side, 3)."""
    person: np.ndarray
    """(_MESH, _MESH) uint8."""
    counts: np.ndarray
    """(side, side) uint8: 255 where the truth is known, and not eyes or teeth."""
    moved: np.ndarray
    """(128, 128, 2) float32, the mesh's displacement."""
    seen: np.ndarray
    """(16, 128, 128) float32, what the network sees."""
    free: np.ndarray
    """(64, 64) float32."""
    say: float
    wanted: np.ndarray
    """(64, 64, 2) float32, the change of the map that the optical flow asks for, crop sides."""
    trust: np.ndarray
    """(64, 64) float32, how far to believe that, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class _Portrait:
    encoded: EncodedPortrait
    texture: np.ndarray
    plate: np.ndarray
    crop: np.ndarray
    """crop_from_frame for a crop of side 1 (edges at 0 and 1)."""


class Pairs:
    """All pairs of frames of some clips; portraits are worked out once and kept."""

    def __init__(self, clips: Sequence[TrackedClip], side: int) -> None:
        """Pair frames of `clips`, to be compared in pictures of `side` pixels."""
        self.clips = tuple(clips)
        self._side = side
        self._engine = MeshEngine(MeshSettings(size=_MESH))
        self._portrait = lru_cache(maxsize=None)(self._encoded)

    def pair(
        self,
        clip: int,
        portrait: int,
        driver: int,
        *,
        smooth: bool = True,
        tint: Tint | None = None,
    ) -> Pair:
        """Return the pair of two frames of a clip.

        Args:
            clip: its number.
            portrait: number of the frame that is moved.
            driver: number of the frame that it should look like.
            smooth: take the driver's face as an animation would, not as tracked.
            tint: how colours are changed; None leaves them.
        """
        own, taken = self.clips[clip], self._portrait(clip, portrait)
        engine, encoded = self._engine, taken.encoded
        crop = taken.crop
        face = cropping.face_crop(None, own.face(driver, smooth=smooth), crop, _MESH)
        target = PosedShape.of(face)
        dense = sheet_map(encoded, target)
        assert face.landmarks is not None
        side = self._side
        large = cropping.cut(own.images[driver], _sized(crop, 2 * side), 2 * side)
        truth = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
        layers = encoded.layers
        person = np.full((_MESH, _MESH), 255, np.uint8) if layers is None else layers.person
        colour = tint or Tint()
        texture, plate, truth = (colour(x) for x in (taken.texture, taken.plate, truth))
        counts = _counts(face.landmarks, crop, own.images.shape[1:3], side)
        wanted, trust = flow.wanted(taken.texture, large, dense, counts)
        small = sight.Small.of(texture, None if layers is None else person, encoded.face)
        moved = sight.displacement(dense, engine.size)
        return Pair(
            texture=texture,
            plate=plate,
            truth=truth,
            person=person,
            counts=counts,
            moved=moved,
            seen=sight.seen(small, moved, target),
            free=sight.free(target.draw(target.shape, 1)),
            say=sight.say(moved),
            wanted=wanted,
            trust=trust,
        )

    def _encoded(self, clip: int, portrait: int) -> _Portrait:
        own, engine = self.clips[clip], self._engine
        face, image = own.face(portrait, smooth=False), own.images[portrait]
        crop = cropping.crop_from_face(face, engine.crop, _MESH)
        if portrait:  # the first frame, by which is judged, is cut as by the engine
            crop = _reframed(crop, np.random.default_rng([clip, portrait]))
        encoded = engine.encode(cropping.portrait_crop(image, face, crop, _MESH))
        side = self._side
        texture = cropping.portrait_crop(image, None, _sized(crop, 2 * side), 2 * side).image
        layers = encoded.layers
        plate = texture if layers is None else layers.plate
        shrunk = cv2.resize(plate, (side, side), interpolation=cv2.INTER_AREA)
        return _Portrait(encoded, texture, shrunk, crop)


@dataclass(frozen=True, slots=True)
class Tint:
    """A change of all colours: gamma, then gains."""

    gamma: float = 1.0
    gains: tuple[float, ...] = (1.0, 1.0, 1.0)

    @classmethod
    def chosen(cls, rng: np.random.Generator) -> Tint:
        """Choose one by chance."""
        gains = rng.uniform(0.8, 1.15) * rng.uniform(0.9, 1.1, 3)
        return cls(float(np.exp(rng.uniform(-0.3, 0.3))), tuple(gains.tolist()))

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return the changed (h, w, 3) uint8 picture."""
        if self == Tint():
            return image
        line = np.linspace(0, 1, 256) ** self.gamma
        table = np.clip(255 * line[:, None] * np.array(self.gains), 0, 255).round()
        return np.asarray(cv2.LUT(image, table.astype(np.uint8)[None]))


def _reframed(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return another crop of the same face: closer or not, leaning, beside.

    What the engine's own crop shows beyond a clip's frame nobody knows; closer crops teach
    what to do at the border, and leaning ones that place alone tells nothing.
    """
    angle, scale = np.radians(rng.uniform(-15, 15)), rng.uniform(0.95, 1.35)
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    middle = (_MESH - 1) / 2
    back = np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 1.0]])
    place = middle + rng.uniform(-0.06, 0.06, 2) * _MESH
    turn = np.array([[c, -s, place[0]], [s, c, place[1]], [0, 0, 1.0]])
    return np.asarray(turn @ back @ crop)


def _sized(crop: np.ndarray, size: int) -> np.ndarray:
    """Return crop_from_frame of the same square for another side than _MESH."""
    scale = size / _MESH
    grown = np.diag([scale, scale, 1.0])
    grown[:2, 2] = (scale - 1) / 2
    return np.asarray(grown @ crop)


def _counts(
    landmarks: np.ndarray, crop: np.ndarray, frame: tuple[int, ...], side: int
) -> np.ndarray:
    """Return where the truth is known, and the engine draws nothing else on top."""
    full = np.full(frame[:2], 255, np.uint8)
    known = cv2.warpAffine(full, _sized(crop, side)[:2], (side, side), flags=cv2.INTER_NEAREST)
    for ring in (LEFT_EYE, RIGHT_EYE, LIPS_INNER):
        hull = cv2.convexHull(landmarks[list(ring), :2] * np.float32(side / _MESH))
        cv2.fillConvexPoly(known, np.round(hull).astype(np.int32), 0)
    return known
