"""The default engine: the portrait on a face mesh, in numpy and OpenCV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import get_args

import cv2
import numpy as np

from vivant.engines.base import Controls
from vivant.engines.mesh import eyes, glasses, light, mouth, replacing, transfer
from vivant.engines.mesh.drawing import NO_MAP, Canvas, enlarged, fine, look_up, soften_torn, strips
from vivant.engines.mesh.edit import edited
from vivant.engines.mesh.emphasis import BROWS, emphasised
from vivant.engines.mesh.eyes import OwnEye
from vivant.engines.mesh.layers import Layers, grown, separate
from vivant.engines.mesh.mouth import OwnMouth
from vivant.engines.mesh.parted import parted
from vivant.engines.mesh.raster import source_map
from vivant.engines.mesh.shape import PosedShape, blend
from vivant.engines.mesh.surface import Surface
from vivant.landmarks import SCORE_NAMES
from vivant.pixels import mix
from vivant.types import Crop, Drawn, FaceCrop, Motion

_FINE = 640
"""Up to this side every second pixel of the dense map is worked out, beyond it every fourth."""
_STILL = 0.05
"""Pixels that move less than this are the portrait's own."""
_SIZES = (128, 1280)
_JAW_OPEN = SCORE_NAMES.index("jawOpen")
_NO_SCORES = np.zeros(len(SCORE_NAMES), np.float32)
_REGIONS = tuple(field.name for field in fields(transfer.Strengths) if field.name != "face")
"""What has a setting of its own; the rest of the face follows `strength` alone."""


def _stride(size: int) -> int:
    """Pixels from sample to sample of the dense map; it is smooth, and enlarged to be used."""
    return 2 if size <= _FINE else 4


@dataclass(frozen=True, kw_only=True)
class MeshSettings:
    """Options of the mesh engine."""

    size: int = 512
    """Side of the square it draws, in pixels: 128 to 1280; animations set it by the portrait."""
    strength: float = 1.0
    """Share of the driver's motion that is carried over, 0 (none) to 1 (all)."""
    brows: float = 1.0
    """Strength of the brows' motion, 0 (none) to 1.5; likewise for the other regions."""
    eyes: float = 1.0
    """Strength of lids that close and open."""
    gaze: float = 1.0
    """Strength of the gaze."""
    lips: float = 1.0
    """Strength of lips and cheeks."""
    jaw: float = 1.0
    """Strength of jaw and chin."""
    pose: float = 1.0
    """Strength of turns and shifts of the head."""
    emphasis: float = 1.0
    """How much of what a drawn face would understate is added to the driver's expression."""
    background: bool = True
    """Keep the background still behind the moving person."""
    mouth: mouth.Insides = "driver"
    """An opening mouth shows the driver's inside where it is seen, drawn teeth, or none."""
    glasses: bool = True
    """Keep the frame of glasses stiff where the portrait wears them."""
    light: float = 1.0
    """Strength of the creases and furrows that the driver's skin makes, 0 (none) to 1.5."""

    def __post_init__(self) -> None:
        for name in ("light", "emphasis", *_REGIONS):
            if not 0 <= getattr(self, name) <= 1.5:
                raise ValueError(f"mesh.{name} must lie in [0, 1.5], got {getattr(self, name)}")
        if not 0 <= self.strength <= 1:
            raise ValueError(f"mesh.strength must lie in [0, 1], got {self.strength}")
        if not _SIZES[0] <= self.size <= _SIZES[1] or self.size % _stride(self.size):
            raise ValueError(
                f"mesh.size must lie in {list(_SIZES)} and be even (beyond {_FINE}: a multiple "
                f"of 4), got {self.size}"
            )
        if self.mouth not in get_args(mouth.Insides):
            raise ValueError(
                f"mesh.mouth must be one of {', '.join(get_args(mouth.Insides))}, "
                f"got {self.mouth!r}"
            )

    @cached_property
    def regions(self) -> transfer.Strengths:
        """Strength of each region, as asked for."""
        return transfer.Strengths(**{name: getattr(self, name) for name in _REGIONS})

    @cached_property
    def strengths(self) -> transfer.Strengths:
        """Share of the driver's change that each region takes."""
        shares = {name: self.strength * getattr(self, name) for name in _REGIONS}
        shares["brows"] *= 1 + BROWS * self.emphasis
        return transfer.Strengths(**shares, face=self.strength)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPortrait:
    """All that is worked out once for a portrait."""

    image: np.ndarray
    """(size, size, 3) uint8."""
    texture: np.ndarray
    """(2 size, 2 size, 3) uint8: the portrait enlarged, to stay sharp between pixels."""
    layers: Layers | None
    """The person and the background; None where they were not told apart."""
    surface: Surface
    face: PosedShape
    eyes: tuple[OwnEye, OwnEye]
    mouth: OwnMouth
    relief: light.Relief
    jaw_open: float
    """How far the portrait's jaw is open, as an expression score."""
    glasses: float
    """How surely it wears glasses that are to be kept stiff, 0 to 1."""


class MeshEngine:
    """Warps the portrait by a face mesh that follows the driver's landmarks.

    The head turns as one body with depth, the mouth opens onto the driver's
    own, lids close over the eyes, and what does not move stays as it is.
    """

    Settings = MeshSettings

    def __init__(self, settings: MeshSettings | None = None) -> None:
        """Build the engine; it loads nothing until a portrait is encoded."""
        self.settings = settings or MeshSettings()
        self.size = self.settings.size
        self.crop = Crop(scale=2.2, shift_y=0.02, follow="fixed")
        self.needs = frozenset({"landmarks", "scores"})

    def at_size(self, side: int) -> MeshEngine:
        """Return the same engine drawing squares of about `side` pixels."""
        step = _stride(side)
        size = step * round(min(max(side, _SIZES[0]), _SIZES[1]) / step)
        return MeshEngine(replace(self.settings, size=size))

    def encode(self, face: FaceCrop) -> EncodedPortrait:
        """Build the sheet, the person's mask and the background behind it."""
        posed = PosedShape.of(face)
        assert face.landmarks is not None
        image = face.image
        layers = None
        if self.settings.background:
            layers = separate(image, face.landmarks, _stride(self.size))
        return EncodedPortrait(
            image=image.copy(),
            texture=_doubled(image),
            layers=layers,
            surface=Surface.of(face.landmarks, self.size),
            face=posed,
            eyes=OwnEye.both(face, posed.shape),
            mouth=OwnMouth.of(face, posed.shape),
            relief=light.Relief.of(face, posed, mouth.skin_colour(face), 2),
            jaw_open=0.0 if face.scores is None else float(face.scores[_JAW_OPEN]),
            glasses=glasses.worn(face) if self.settings.glasses else 0.0,
        )

    def motion(self, face: FaceCrop) -> Motion:
        """Take shape, pose, scores and, if it has pixels, mouth and skin of a driving face."""
        posed = PosedShape.of(face)
        seen = {**mouth.read(face), **light.read(face, posed)} if face.pixels else {}
        scores = {} if face.scores is None else {"scores": face.scores}
        return Motion({**posed.pack(), **scores, **seen})

    def rest(self, encoded: EncodedPortrait) -> Motion:
        """Return the portrait's own shape and pose."""
        return Motion(encoded.face.pack())

    def reference(self, encoded: EncodedPortrait, rest: Motion) -> Motion:
        """Return the driver's rest with lips as far apart as the portrait's, so that they close."""
        shape = PosedShape.unpack(rest.arrays)
        jaw = encoded.jaw_open - float(rest.arrays.get("scores", _NO_SCORES)[_JAW_OPEN])
        return Motion({**rest.arrays, **parted(shape, encoded.face, jaw).pack()})

    def relative(self, encoded: EncodedPortrait, reference: Motion, motion: Motion) -> Motion:
        """Carry the driver's change since `reference` to the portrait."""
        driver = PosedShape.unpack(motion.arrays)
        if "scores" in motion.arrays and "scores" in reference.arrays:
            scores = motion.arrays["scores"], reference.arrays["scores"]
            driver = emphasised(driver, *scores, self.settings.emphasis)
        rest = PosedShape.unpack(reference.arrays)
        moved = transfer.relative(encoded.face, rest, driver, self.settings.strengths)
        strength = self.settings.light * self.settings.strength
        lit = light.change(reference.arrays, motion.arrays, strength)
        return Motion({**motion.arrays, **lit, **moved.pack()})

    def edit(self, encoded: EncodedPortrait, motion: Motion, controls: Controls) -> Motion:  # noqa: ARG002
        """Return `motion` with sliders applied; `vivant.engines.mesh.edit` lists them."""
        moved = edited(PosedShape.unpack(motion.arrays), controls)
        return Motion({**motion.arrays, **moved.pack()})

    def steady(self) -> MeshEngine:
        """Return the same engine without a background behind: no head turns over it."""
        return MeshEngine(replace(self.settings, background=False))

    def replaced(
        self, encoded: EncodedPortrait, neutral: Motion, reference: Motion, motion: Motion
    ) -> Motion:
        """Put the driver's change on the neutral face, in the pose of the portrait."""
        driver = tuple(PosedShape.unpack(one.arrays) for one in (reference, motion))
        shape = PosedShape.unpack(neutral.arrays).shape
        strength, regions = self.settings.strength, self.settings.regions
        change = driver[0], driver[1]
        moved = replacing.replaced(encoded.face, shape, change, regions, strength)
        lit = light.change(reference.arrays, motion.arrays, self.settings.light * strength)
        return Motion({**motion.arrays, **lit, **moved.pack()})

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return the motion between `a` and `b`; mouth pixels come from the nearer one."""
        shape = blend(PosedShape.unpack(a.arrays), PosedShape.unpack(b.arrays), share)
        nearer = b if share >= 0.5 else a
        between = {**light.blend(a.arrays, b.arrays, share), **shape.pack()}
        if "scores" in a.arrays and "scores" in b.arrays:
            change = b.arrays["scores"] - a.arrays["scores"]
            between["scores"] = a.arrays["scores"] + np.float32(share) * change
        return Motion({**nearer.arrays, **between})

    def render(self, encoded: EncodedPortrait, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw the portrait under each motion."""
        for motion in motions:
            yield self._draw(encoded, motion)

    def box(self, encoded: EncodedPortrait, motion: Motion) -> tuple[float, float, float, float]:  # noqa: ARG002
        """Return the box around the drawn landmarks: x, y, width, height in crop pixels."""
        target = PosedShape.unpack(motion.arrays)
        points = target.draw(target.shape, self.size)[:, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])

    def _draw(self, encoded: EncodedPortrait, motion: Motion) -> Drawn:
        target = PosedShape.unpack(motion.arrays)
        target = glasses.steady(encoded.face, target, encoded.glasses)
        target = eyes.steady(encoded.face, target, encoded.eyes)
        size = self.size
        canvas = Canvas(encoded.image.copy(), np.zeros((size, size), np.uint8))
        dense = sheet_map(encoded, target)
        _warp(canvas, encoded, dense)
        landmarks = target.draw(target.shape, size)
        shapes = (encoded.face, target)
        eyes.draw(canvas, encoded.texture, landmarks, encoded.eyes, shapes)
        insides = self.settings.mouth
        mouth.draw(canvas, encoded.texture, encoded.mouth, motion.arrays, shapes, insides)
        light.draw(canvas, encoded.relief, dense, landmarks, motion.arrays)
        return Drawn(image=canvas.image, alpha=canvas.alpha)


def sheet_map(encoded: EncodedPortrait, target: PosedShape) -> np.ndarray:
    """Return where the sheet under a face reads the portrait, as `source_map` does."""
    surface, size = encoded.surface, encoded.surface.size
    corners = surface.place(encoded.face, target)
    whole = (0, 0, size, size)
    still, sources = _still(size), surface.points[:, :2]
    return source_map(corners, sources, surface.triangles, whole, _stride(size), still)


def _doubled(image: np.ndarray) -> np.ndarray:
    """Enlarge twice: pixel (x, y) comes to lie at (2 x + 0.5, 2 y + 0.5)."""
    return cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


@lru_cache(maxsize=8)
def _still(size: int) -> np.ndarray:
    """Where each sample of the dense map lies itself, (samples, samples, 3) float32: x, y, 0."""
    line = np.arange(0, size, _stride(size)) + (_stride(size) - 1) / 2
    x, y = np.meshgrid(line, line)
    return np.dstack([x, y, np.zeros_like(x)]).astype(np.float32)


def _moved(dense: np.ndarray, size: int) -> np.ndarray:
    """How surely a sample moves, uint8: 0 where it stays, 255 from a third of a pixel on."""
    x, y, _ = cv2.split(cv2.absdiff(dense, _still(size)))
    return cv2.convertScaleAbs(
        np.maximum(cv2.max(x, y), np.float32(_STILL)), alpha=255 / 0.3, beta=-_STILL * 255 / 0.3
    )


def _warp(canvas: Canvas, encoded: EncodedPortrait, dense: np.ndarray) -> None:
    """Read the portrait through the dense map and lay it over the background.

    Only the part that moves is drawn. At its border, where nearly nothing
    moves, the background does not show through soft hair either: there the
    drawing meets the portrait without a step.
    """
    size = canvas.image.shape[0]
    stride = _stride(size)
    moved = _moved(dense, size)
    _, shown = cv2.threshold(moved, 0, 255, cv2.THRESH_BINARY)
    sources = cv2.merge(cv2.split(dense)[:2])
    layers, opaque = encoded.layers, None
    if layers is not None:  # air does not move, however the sheet in it bends
        person = look_up(layers.person, sources)
        shown = cv2.min(shown, cv2.max(layers.reach, grown(person)))
        opaque = cv2.max(cv2.convertScaleAbs(person, alpha=2), cv2.bitwise_not(moved))
    places = sources * 2 + 0.5
    for part in strips(shown, stride):
        full = fine(part, stride)
        image = canvas.image[full]
        shape = (image.shape[1], image.shape[0])
        where = cv2.convertMaps(enlarged(places, part, stride), NO_MAP, cv2.CV_16SC2)
        warped = cv2.remap(encoded.texture, *where, cv2.INTER_LINEAR)
        drawn = cv2.resize(shown[part], shape, interpolation=cv2.INTER_NEAREST)
        canvas.alpha[full] = drawn
        if layers is None or opaque is None:
            cv2.copyTo(warped, drawn, image)
            continue
        cv2.copyTo(layers.plate[full], drawn, image)
        mix(image, warped, cv2.min(enlarged(opaque, part, stride), drawn))
    soften_torn(canvas, sources, stride)
