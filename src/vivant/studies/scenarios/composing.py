"""Target videos and sources made ready for a class: read, cut out, seated, looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np

from vivant.errors import VivantError
from vivant.studies import clips
from vivant.studies.inputs import Item
from vivant.studies.looking import Eyes, Look
from vivant.studies.scenarios import composition
from vivant.studies.scenarios.casting import LARGEST, first_picture
from vivant.studies.scenarios.composition import Box, Scenario, Seat
from vivant.studies.scenarios.cutout import Cutout, cut_out
from vivant.studies.settings import ScenariosSettings
from vivant.types import Face, Frame

CLOSE: Final = 256
"""Side of a close-up, pixels."""
ROUND_FACE: Final = 1.8
"""Side of what it shows, in longer sides of the face box."""
REGION: Final = 1.3
"""The face region: the face box so many times as large."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip of somebody, cut out."""

    name: str
    frames: tuple[Frame, ...]
    cutouts: tuple[Cutout, ...]
    faces: tuple[Face | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The source's picture."""

    name: str
    cutout: Cutout
    box: Box
    scores: np.ndarray
    """(52,) expression that it shows."""
    look: Look
    """A close-up of the picture itself."""


@dataclass(slots=True, eq=False)
class Class:
    """A target video: somebody in class."""

    name: str
    scenario: Scenario
    seat: Seat
    room: np.ndarray
    frames: tuple[Frame, ...]
    faces: tuple[Face | None, ...]
    """As the tracker follows them in the composed frames; None where it loses the face."""
    compared: range
    """Frames that are compared."""
    closeups: Mapping[int, Look]
    """Frame number to the close-up, of frames with a face."""
    probabilities: dict[str, list[float]] = field(default_factory=dict)
    """Detector to what it says of the compared frames; filled when it is asked."""

    def told(self) -> dict[str, Any]:
        """Return what rows tell of the video."""
        seen = [
            composition.share(face, frame.image)
            for face, frame in zip(self.faces, self.frames, strict=True)
            if face is not None
        ]
        return {
            "width": self.seat.width,
            "height": self.seat.height,
            "share": float(np.mean(seen)),
            "face_side": float(composition.side_of(self.faces)),
            "drawn": len(self.frames),
            "faces_missed": sum(face is None for face in self.faces),
        }


def read_clip(item: Item, settings: ScenariosSettings, eyes: Eyes) -> Clip:
    """Read a clip and cut the person out.

    Raises:
        MediaError: it cannot be read.
        VivantError: it is too short, or never shows a face.
    """
    frames = clips.read_frames(item.path, settings.frames, LARGEST)
    if len(frames) <= settings.step:
        raise VivantError(
            f"{item.path}: {len(frames)} frames are too few; more than {settings.step} are wanted"
        )
    faces = _followed(frames, eyes)
    if all(face is None for face in faces):
        raise VivantError(f"{item.path}: no face found in {len(frames)} frames")
    return Clip(item.name, frames, tuple(cut_out([frame.image for frame in frames])), faces)


def read_source(item: Item, eyes: Eyes) -> Source:
    """Read the source's picture, and cut the person out.

    Raises:
        MediaError: it cannot be read.
        VivantError: it shows no face.
    """
    image = first_picture(item)
    face = eyes.look(image).face
    if face is None or face.scores is None:
        raise VivantError(f"{item.path}: no face found")
    (cutout,) = cut_out([image])
    return Source(item.name, cutout, face.box, face.scores, eyes.look(closeup(image, face)))


def compose(scenario: Scenario, clip: Clip, settings: ScenariosSettings, eyes: Eyes) -> Class:
    """Seat somebody in class.

    Raises:
        VivantError: the face is too small, or is not found once it is seated.
    """
    chance = composition.chance(settings.seed, clip.name, scenario.name)
    side = composition.side_of(clip.faces)
    seat = composition.seat(scenario, side, settings.size, chance)
    room = composition.behind(scenario, seat, chance)
    at = composition.place(clip.cutouts[0], composition.mean_box(clip.faces), seat)
    frames = tuple(
        Frame(composition.seated(cutout, at, room), frame.index, frame.time)
        for cutout, frame in zip(clip.cutouts, clip.frames, strict=True)
    )
    faces = _followed(frames, eyes)
    if all(face is None for face in faces):
        raise VivantError(
            f"{clip.name}: the tracker finds no face of {seat.side:.0f} pixels in the frame of "
            f"{scenario.name}, {seat.width}x{seat.height}"
        )
    closeups = {
        frame.index: eyes.look(closeup(frame.image, face))
        for frame, face in zip(frames, faces, strict=True)
        if face is not None
    }
    compared = range(settings.step, len(frames), settings.step)
    return Class(clip.name, scenario, seat, room, frames, faces, compared, closeups)


def seat_source(source: Source, target: Class) -> np.ndarray:
    """Return the source in the target's seat, (h, w, 3) uint8 RGB.

    The face is as large as the target's in the first frame and, where nobody then floats,
    in the same place.
    """
    face = next(face for face in target.faces if face is not None)
    x, y, width, height = face.box
    seat = Seat(target.seat.width, target.seat.height, x + width / 2, y + height / 2,
                float(np.sqrt(width * height)))  # fmt: skip
    return composition.seated(
        source.cutout, composition.place(source.cutout, source.box, seat), target.room
    )


def closeup(image: np.ndarray, face: Face) -> np.ndarray:
    """Return the square around a face, (256, 256, 3) uint8; beyond the picture its edge goes on.

    Args:
        image: (h, w, 3) uint8 RGB.
        face: somebody in it, or in another picture at the same place.
    """
    x, y, width, height = face.box
    side = ROUND_FACE * max(width, height)
    scale = CLOSE / side
    corner = np.array([x + width / 2, y + height / 2]) - side / 2
    matrix = np.column_stack([np.eye(2) * scale, -scale * corner + (scale - 1) / 2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.warpAffine(image, matrix, (CLOSE, CLOSE), flags=how, borderMode=cv2.BORDER_REPLICATE)
    )


def region(image: np.ndarray, face: Face) -> np.ndarray:
    """Return the face region of a picture: a view of the box, `REGION` times as large."""
    x, y, width, height = face.box
    more = (REGION - 1) / 2
    left, top = max(0, round(x - more * width)), max(0, round(y - more * height))
    right, bottom = round(x + (1 + more) * width), round(y + (1 + more) * height)
    return image[top:bottom, left:right]


def _followed(frames: tuple[Frame, ...], eyes: Eyes) -> tuple[Face | None, ...]:
    seen: tuple[Face, ...] = ()
    found: list[Face | None] = []
    for frame in frames:
        now = eyes.tracker.track(frame.image, seen)[:1]
        found.append(now[0] if now else None)
        seen = now or seen
    return tuple(found)
