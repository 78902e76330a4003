"""A portrait made ready: its face found and cut, read by the engine, with a place to paste."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vivant.animation.settings import AnimateSettings, Box
from vivant.engines import Acquainted, Editable, Encoded, Engine, Locating, Scalable
from vivant.errors import NoFaceFound, SettingsError
from vivant.faces import crop as cropping
from vivant.faces.paste import Paster
from vivant.faces.select import choose
from vivant.faces.suitability import check
from vivant.faces.territory import territory
from vivant.faces.track import FaceTracker
from vivant.media import read_image
from vivant.pixels import mix
from vivant.types import Drawn, Face, FaceCrop, Motion


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A portrait that an engine can draw."""

    engine: Engine
    """The engine, at the size that suits the portrait."""
    encoded: Encoded
    tracked: Face | None
    """The face in the portrait; None where no tracker looked."""
    face: FaceCrop
    paster: Paster | None
    """None where only the crop is shown."""
    size: int | None
    """Longer side of the shown picture; None for its own."""
    box: Box | None
    """The face in the shown picture: x, y, width, height; None where no tracker looked."""
    bystanders: tuple[Box, ...]
    """The other faces in the shown picture."""

    def show(self, drawn: Drawn) -> np.ndarray:
        """Return the picture to show, (h, w, 3) uint8."""
        if self.paster is not None:
            picture = self.paster(drawn)
        elif drawn.alpha is None:
            picture = drawn.image
        else:
            picture = self.face.image.copy()
            mix(picture, drawn.image, drawn.alpha)
        return resized(picture, self.size)

    def faces(self, motion: Motion) -> tuple[Box, ...]:
        """Return where the faces are in the picture that shows `motion`."""
        if not isinstance(self.engine, Locating):
            return self.bystanders if self.box is None else (self.box, *self.bystanders)
        x, y, width, height = self.engine.box(self.encoded, motion)
        corners = np.array(
            [[x, x + width, x, x + width], [y, y, y + height, y + height], [1.0] * 4]
        )
        shown = self.face.image.shape[:2]
        if self.paster is not None:
            corners = np.linalg.inv(self.face.crop_from_frame) @ corners
            shown = self.paster.shape
        return (_scaled(corners[:2].T, shown, self.size), *self.bystanders)


def resized(picture: np.ndarray, size: int | None) -> np.ndarray:
    """Return `picture` with its longer side `size` pixels long; None leaves it."""
    height, width = picture.shape[:2]
    if size is None or max(height, width) == size:
        return picture
    scale = size / max(height, width)
    shape = (max(2, round(width * scale)), max(2, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, shape, interpolation=how)


def find_faces(image: np.ndarray, tracker: FaceTracker, where: str) -> tuple[Face, ...]:
    """Return all faces of a portrait.

    Raises:
        NoFaceFound: there is none; with what to do about it.
    """
    faces = tracker.detect(image)
    if not faces:
        raise NoFaceFound(
            where,
            tracker.best_score(image),
            tracker.settings.detection_threshold,
            "Use a picture in which the face is larger, turned to the viewer and well lit.",
        )
    return faces


def prepare(
    image: np.ndarray,
    engine: Engine,
    tracker: FaceTracker,
    settings: AnimateSettings,
    where: str = "portrait",
) -> Portrait:
    """Find the face, cut it, and let the engine read it.

    Where there are several faces, what is nearer to another one is left alone.

    Args:
        image: (h, w, 3) uint8 RGB.
        engine: the engine; one that can change its size gets the portrait's own.
        tracker: finds the face. An engine that needs no landmarks also takes a
            portrait without a face, if a crop is given by hand.
        settings: face, crop, frame, size and controls are read.
        where: names the portrait in messages.

    Raises:
        NoFaceFound, FaceIndexError, FaceTooSmall, UnsuitablePortrait: with what to do about it.
    """
    engine = _introduced(engine, tracker)
    by_hand = settings.crop != "auto"
    needs_face = "landmarks" in engine.needs or not by_hand
    faces = find_faces(image, tracker, where) if needs_face else ()
    face = choose(faces, settings.face, where) if needs_face else None
    if face is not None:
        check(image, face, tracker, where)
    engine = _at_own_size(image, face, engine, settings)
    crop_from_frame = _cut(image, face, engine, settings)
    cut = cropping.portrait_crop(image, face, crop_from_frame, engine.size)
    paster = None
    if settings.frame == "full":
        own = None if face is None else territory(image.shape, faces, face)
        paster = Paster(image, crop_from_frame, engine.size, own)
    encoded = engine.encode(cut)
    _try_sliders(engine, encoded, settings)
    return Portrait(
        engine=engine,
        encoded=encoded,
        tracked=face,
        face=cut,
        paster=paster,
        size=settings.size,
        box=None if face is None else _shown_box(image, face, cut, settings),
        bystanders=tuple(
            _shown_box(image, other, cut, settings) for other in faces if other is not face
        ),
    )


def _introduced(engine: Engine, tracker: FaceTracker) -> Engine:
    """Show an engine the further pictures of both people that its settings name.

    Raises:
        NoFaceFound: one shows no face.
        PathRefused, MediaError: one cannot be read.
    """
    if not isinstance(engine, Acquainted):
        return engine
    portrait, driver = (
        [_pictured(name, engine, tracker) for name in names]
        for names in (engine.portrait_pictures, engine.driver_pictures)
    )
    return engine.knowing(portrait, driver) if portrait or driver else engine


def _pictured(name: str, engine: Engine, tracker: FaceTracker) -> FaceCrop:
    image = read_image(Path(name))
    face = choose(find_faces(image, tracker, name), "largest", name)
    crop_from_frame = cropping.crop_from_face(face, engine.crop, engine.size)
    return cropping.portrait_crop(image, face, crop_from_frame, engine.size)


def _try_sliders(engine: Engine, encoded: Encoded, settings: AnimateSettings) -> None:
    """Let the engine refuse what it does not know now, not at the first frame.

    Raises:
        SettingsError: it has no sliders, or not these.
    """
    if not settings.controls:
        return
    if not isinstance(engine, Editable):
        raise SettingsError(f"the engine {settings.engine!r} has no sliders; take the engine mesh")
    engine.edit(encoded, engine.rest(encoded), settings.controls)


def _at_own_size(
    image: np.ndarray, face: Face | None, engine: Engine, settings: AnimateSettings
) -> Engine:
    """Let an engine that can draw at the resolution at which it is shown."""
    if not isinstance(engine, Scalable):
        return engine
    if settings.frame == "crop" and settings.size is not None:
        return engine.at_size(settings.size)
    return engine.at_size(
        round(engine.size / cropping.scale_of(_cut(image, face, engine, settings)))
    )


def _cut(
    image: np.ndarray, face: Face | None, engine: Engine, settings: AnimateSettings
) -> np.ndarray:
    """`crop_from_frame` for the square that the settings ask for."""
    if settings.crop != "auto":
        where = f"crop {settings.crop}", "portrait"
        return square_by_hand(image.shape, settings.crop_box, engine.size, where)
    assert face is not None
    within = image.shape if settings.frame == "crop" else None
    matrix = cropping.crop_from_face(face, engine.crop, engine.size, within)
    return cropping.snapped(matrix, engine.size)


def square_by_hand(
    shape: tuple[int, ...], box: Box | None, size: int, where: tuple[str, str]
) -> np.ndarray:
    """Return `crop_from_frame` for a square given by hand; without a box, for the largest.

    Raises:
        SettingsError: it reaches beyond the picture; `where` names setting and picture.
    """
    height, width = shape[:2]
    if box is None:
        return cropping.whole(height, width, size)
    x, y, box_width, box_height = box
    if x < 0 or y < 0 or x + box_width > width or y + box_height > height:
        raise SettingsError(
            f"{where[0]} reaches beyond the {where[1]}, which is {width} x {height}"
        )
    side = max(box_width, box_height)
    left, top = x + (box_width - side) / 2, y + (box_height - side) / 2
    return cropping.box_crop(left, top, side, size)


def _shown_box(image: np.ndarray, face: Face, cut: FaceCrop, settings: AnimateSettings) -> Box:
    points, shown = face.landmarks[:, :2].astype(np.float64), image.shape[:2]
    if settings.frame == "crop":
        points = points @ cut.crop_from_frame[:2, :2].T + cut.crop_from_frame[:2, 2]
        shown = cut.image.shape[:2]
    return _scaled(points, shown, settings.size)


def _scaled(points: np.ndarray, shown: tuple[int, ...], size: int | None) -> Box:
    """Return the box around points of a picture, where that is shown at another size."""
    points = points * (1.0 if size is None else size / max(shown))
    low, high = points.min(axis=0), points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
