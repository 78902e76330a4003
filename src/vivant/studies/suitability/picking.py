"""Which portraits and drivers a study of suitability takes, and what each is good for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from vivant.errors import VivantError
from vivant.faces.track import FaceTracker
from vivant.motion.neutral import unrest
from vivant.studies import clips, inputs
from vivant.studies.inputs import Item
from vivant.studies.suitability.following import MOVEMENTS
from vivant.studies.suitability.mouthstate import STATES, mouth_state
from vivant.types import Face, Frame

QUESTIONS: Final = ("size", "position", "subject", "mouth")
SUBJECTS: Final = ("photo", "painting", "artwork", "statue", "cartoon", "animal")
"""What a portrait can be; `category` of a manifest names one of them."""
UNNAMED: Final = "not told"
"""Subject of a portrait of which no manifest tells."""
_PEOPLE: Final = ("photo", UNNAMED)
"""What size, position and mouth are tried on."""
_FRONTAL: Final = (15.0, 22.0)
"""Degrees of yaw and pitch up to which a portrait is seen from the front."""
_GLANCE: Final = 4
"""Every so many frames are looked at to choose drivers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A portrait, and what it is used for."""

    item: Item
    subject: str
    """One of `SUBJECTS`, or the manifest's own word."""
    mouth: str = ""
    """One of `STATES`; empty where no face was found."""
    frontal: bool = False
    questions: tuple[str, ...] = ()
    """Which of `QUESTIONS` it is an answer to."""


def subject(category: str) -> str:
    """Return what a portrait shows.

    >>> subject("animal: dog"), subject("3D cartoon"), subject(""), subject("average_face")
    ('animal', 'cartoon', 'not told', 'average_face')
    """
    words = category.lower().replace(":", " ").split()
    return next((name for name in SUBJECTS if name in words), category or UNNAMED)


def pictures(place: Path) -> tuple[Item, ...]:
    """Return the portraits of a folder or manifest, and the animals among its originals.

    Raises:
        PathRefused: it is missing, or there are none.
    """
    found = inputs.find(place, clips.PICTURES, "portrait")
    if place.suffix.lower() == ".csv" and any(
        row.get("kind") == "raw" and row["file"].lower().endswith(clips.PICTURES)
        for row in inputs.read_rows(place)
    ):
        raw = inputs.find(place, clips.PICTURES, "raw")
        known = {item.name for item in found}
        found += tuple(
            item for item in raw if subject(item.category) == "animal" and item.name not in known
        )
    return found


def samples(items: Sequence[Item], tracker: FaceTracker, most: int, seed: int) -> list[Sample]:
    """Return the portraits that answer the questions, at most so many for each answer.

    Size and position are tried on photographs from the front whose mouth is closed, or
    open a little and dark; mouth states on all photographs from the front.

    Args:
        items: portraits.
        tracker: looks at each.
        most: portraits a subject, a state of the mouth, and for size and position.
        seed: chooses where there are more.
    """
    order = np.random.default_rng(seed).permutation(len(items))
    looked = [_looked(items[place], tracker) for place in order]
    plain = [one for one in looked if _plain(one)]
    groups = [("size", plain), ("position", plain)]
    groups += [
        ("subject", [one for one in looked if one.subject == name])
        for name in dict.fromkeys(one.subject for one in looked)
    ]
    groups += [
        ("mouth", [one for one in looked if one.mouth == state and _person(one)])
        for state in STATES
    ]
    asked: dict[str, list[str]] = {}
    for question, group in groups:
        for one in group[:most]:
            asked.setdefault(one.item.name, []).append(question)
    chosen = [replace(one, questions=tuple(asked.get(one.item.name, ()))) for one in looked]
    return sorted((one for one in chosen if one.questions), key=lambda one: one.item.name)


def _person(one: Sample) -> bool:
    return one.frontal and one.subject in _PEOPLE


def _plain(one: Sample) -> bool:
    return _person(one) and one.mouth in ("closed", "slightly open, dark")


def _looked(item: Item, tracker: FaceTracker) -> Sample:
    image = clips.read_portrait(item.path, 512)
    faces = tracker.detect(image)
    if not faces:
        return Sample(item, subject(item.category))
    pose = faces[0].pose
    frontal = abs(pose.yaw) <= _FRONTAL[0] and abs(pose.pitch) <= _FRONTAL[1]
    return Sample(item, subject(item.category), mouth_state(image, faces[0]), frontal)


def telling(
    items: Sequence[Item], tracker: FaceTracker, most: int, frames: int, size: int
) -> tuple[Item, ...]:
    """Return the drivers that move everything that is asked for, each of another person.

    A driver is as good as its weakest movement against what is wanted of it.

    Raises:
        VivantError: none of them shows a face.
    """
    found: dict[str, tuple[float, Item]] = {}
    for item in items:
        weakest = _weakest(clips.read_frames(item.path, frames, size)[::_GLANCE], tracker)
        if weakest is not None and weakest > found.get(item.identity, (-1.0, item))[0]:
            found[item.identity] = (weakest, item)
    if not found:
        raise VivantError(f"none of {len(items)} drivers shows a face in its first {frames} frames")
    ranked = sorted(found.values(), key=lambda one: (-one[0], one[1].name))
    return tuple(item for _, item in ranked[:most])


def _weakest(frames: Sequence[Frame], tracker: FaceTracker) -> float | None:
    faces = [face for face in followed(frames, tracker) if face is not None]
    if len(faces) < 0.9 * len(frames) or len(faces) < 2:
        return None
    rest, ratios = faces[0], []
    for movement in MOVEMENTS.values():
        seen = [movement.see(face, rest) for face in faces]
        signal = np.array([one for one in seen if one is not None])
        if len(signal) < 2:
            return None
        moved = np.sqrt(((signal - signal.mean(axis=0)) ** 2).sum(axis=1).mean())
        ratios.append(float(moved) / movement.least)
    return min(ratios)


def followed(frames: Sequence[Frame], tracker: FaceTracker) -> Iterator[Face | None]:
    """Yield the face of each frame, None where it is missing."""
    seen: tuple[Face, ...] = ()
    for frame in frames:
        found = tracker.track(frame.image, seen)
        yield found[0] if found else None
        seen = found[:1] or seen


def calmest(faces: Sequence[Face | None]) -> int:
    """Return the frame at which a driver is nearest to rest.

    Raises:
        VivantError: there is no face in any.
    """
    unrests = {
        index: unrest(face.scores, face.pose)
        for index, face in enumerate(faces)
        if face is not None and face.scores is not None
    }
    if not unrests:
        raise VivantError(f"no face found in {len(faces)} frames")
    return min(unrests, key=lambda index: unrests[index])
