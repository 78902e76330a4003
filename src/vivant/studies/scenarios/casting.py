"""Who takes part in a class: pictures and clips of different people, chosen by a seed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from vivant.errors import PathRefused, VivantError
from vivant.faces.track import FaceTracker
from vivant.studies import clips
from vivant.studies.inputs import Item
from vivant.studies.regions import person
from vivant.studies.scenarios.composition import chance
from vivant.studies.scenarios.cutout import outline

_WIDE: Final = 0.7
"""A person cut by the top edge over more than this share of it is not all in the picture."""
_LOW: Final = 0.25
"""Of the lower edge, the person takes this share at least; else nobody is seated there."""
_TURNED: Final = 45.0
"""Degrees by which a face may be turned at first."""


def cast(
    items: Iterable[Item], most: int, seed: int, taken: Iterable[str] = ()
) -> tuple[tuple[Item, ...], dict[str, str]]:
    """Return at most so many items that fit, of different people, and why others were left out.

    Where a manifest tells categories, photographs and clips are taken, not statues,
    paintings and cartoons: a class is attended by people.

    Args:
        items: pictures or clips.
        most: how many are wanted.
        seed: chooses the order in which they are tried.
        taken: identities that take part already.

    Raises:
        PathRefused: none fits.
    """
    items = tuple(items)
    real = [item for item in items if item.category in _REAL] or list(items)
    tracker, people = FaceTracker(), set(taken)
    found: list[Item] = []
    left_out: dict[str, str] = {}
    for place in chance(seed, "cast").permutation(len(real)):
        if len(found) == most:
            break
        item = real[place]
        if item.identity in people:
            continue
        why = unfit(item, tracker)
        if why:
            left_out[item.name] = why
            continue
        people.add(item.identity)
        found.append(item)
    if not found:
        told = "; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:3])
        raise PathRefused(
            f"of {len(real)} files none can be seated in a class ({told or 'no new person'}). "
            "Wanted: head and shoulders, facing the camera, down to the lower edge."
        )
    return tuple(found), left_out


_REAL: Final = ("photo", "talking_head")


def unfit(item: Item, tracker: FaceTracker) -> str:
    """Return why nobody can be seated from a file; empty where somebody can."""
    try:
        image = first_picture(item)
    except VivantError as error:
        return str(error)
    faces = tracker.detect(image)
    if not faces:
        return "no face found"
    if len(faces) > 1:
        return f"{len(faces)} faces"
    face, mask = faces[0], person(image) > 0.5
    height, width = mask.shape
    x, y, wide, high = face.box
    if x < 0 or y < 0 or x + wide > width or y + high > height:
        return "the face is cut by the edge"
    if abs(face.pose.yaw) > _TURNED:
        return f"the face is turned by {abs(face.pose.yaw):.0f} degrees"
    if mask[0].mean() > _WIDE:
        return "the head is cut by the upper edge"
    if mask[-1].mean() < _LOW:
        return "nobody is seen at the lower edge"
    line = outline(mask)
    if min(height if cut is None else cut for cut in (line.left, line.right)) < y + high:
        return "hair or shoulders are cut by the side above the chin"
    return ""


def first_picture(item: Item) -> np.ndarray:
    """Return a picture, or the first frame of a clip, (h, w, 3) uint8 RGB.

    Raises:
        MediaError: it cannot be read.
        VivantError: the clip has no frame.
    """
    if item.path.suffix.lower() in clips.PICTURES:
        return clips.read_portrait(item.path, LARGEST)
    frames = clips.read_frames(item.path, 1, LARGEST)
    if not frames:
        raise VivantError(f"{item.path}: no frame in it")
    return frames[0].image


LARGEST: Final = 1024
"""Longer side in pixels to which larger files are shrunk."""
