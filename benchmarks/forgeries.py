"""Originals and forgeries that differ in nothing but what a detector is to find.

Every picture goes the same way, whether original or forged: the same people, the same sizes, the
same encoder at the same quality, the same square around the face. Forgeries are frames in memory,
without label and watermark, and no portrait is the first frame of its clip, which encoders treat
better than others. Who is in which part is said by `vivant.training.clips.split`; people whom that
does not know are dealt out by a digest of their group's name.

Originals are what people filmed: rows of `MANIFEST.csv` with the rights `generic` or `dataset`.
What others' programs made (`generated`) is never an original; clips of it are the kind `others`,
which nothing is ever trained on.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

import vivant
from vivant.engines.mesh.engine import MeshEngine, MeshSettings
from vivant.engines.still import StillEngine
from vivant.errors import VivantError
from vivant.faces.track import FaceTracker
from vivant.landmarks import FACE_OVAL
from vivant.media import VideoReader, read_image
from vivant.training.clips import split
from vivant.types import Face, Frame

FRAMES = 72
"""Frames of a clip that are taken."""
PICKED = range(5, FRAMES, 12)
"""Those of them that are looked at."""
PORTRAIT = 7
"""Number of the frame that serves as portrait."""
RATE = 25
ORIGINAL, OTHERS = "original", "others"

Encode = Callable[[Sequence[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """One original or forgery, not yet encoded."""

    name: str
    identity: str
    part: str
    kind: str
    """`original`, or what made it."""
    frames: list[np.ndarray]
    """All that are encoded together, (height, width, 3) uint8 RGB."""
    picked: list[int]
    """Numbers of those that are looked at."""
    faces: list[Face]
    """The face in each of these, before encoding."""
    moving: bool
    """Whether it is a clip; else each frame is a picture by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a forgery is made of."""

    portrait: np.ndarray
    driver: list[np.ndarray]
    """Frames of another clip, or of the same."""
    frames: list[np.ndarray]
    """All of the original."""


Forge = Callable[[Given], list[np.ndarray]]


def part_of(identity: str) -> str:
    """Return the part that a person belongs to: train, validation or test."""
    known = split()
    if identity in known:
        return known[identity]
    share = hashlib.sha256(identity.encode()).digest()[0] / 256
    return "train" if share < 0.5 else "validation" if share < 0.6 else "test"


def rows(data: Path, kind: str, rights: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of the manifest of a kind with these rights, of photographs and clips."""
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        every = list(csv.DictReader(file))
    return [
        row
        for row in every
        if row["kind"] == kind
        and row["rights"] in rights
        and row["category"] in ("photo", "talking_head")
    ]


def material(data: Path, part: str, kinds: Sequence[str]) -> Iterator[Material]:
    """Yield all originals of a part, and forgeries of the kinds asked for.

    Args:
        data: a folder with `MANIFEST.csv` (columns file, kind, identity_group, rights, category).
        part: train, validation or test.
        kinds: names of `FORGERIES`, and `others`.
    """
    tracker = FaceTracker()
    own = [r for r in rows(data, "clip", ("generic", "dataset")) if _in(r, part)]
    clips = {row["file"]: _frames(data / row["file"]) for row in own}
    for number, row in enumerate(own):
        frames = clips[row["file"]]
        other = clips[own[(number + 1 + number % 3) % len(own)]["file"]]
        yield from _drawn(row, frames, (frames, other), kinds, tracker)
    for number, row in enumerate(rows(data, "portrait", ("generic",))):
        if _in(row, part):
            picture = read_image(data / row["file"])
            other = clips[own[number % len(own)]["file"]]
            yield from _drawn(row, [picture], (other, other), kinds, tracker)
    if OTHERS in kinds:
        for row in rows(data, "clip", ("generated",)):
            yield from _made(row, OTHERS, _frames(data / row["file"]), tracker)


def _in(row: dict[str, str], part: str) -> bool:
    return part_of(row["identity_group"]) == part


def _frames(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.image for frame in islice(reader, FRAMES)]


def _drawn(
    row: dict[str, str],
    frames: list[np.ndarray],
    drivers: tuple[list[np.ndarray], list[np.ndarray]],
    kinds: Sequence[str],
    tracker: FaceTracker,
) -> Iterator[Material]:
    """Yield the original of one file, and what is forged of it."""
    own, other = drivers
    moving = len(frames) > 1
    if moving:
        yield from _made(row, ORIGINAL, frames, tracker)
    else:  # shifted by whole pixels: the blocks of the encoder fall elsewhere
        shifted = [frames[0][y : y - 16, x : x - 16] for x, y in ((0, 0), (5, 3), (10, 6), (3, 13))]
        yield from _made(row, ORIGINAL, shifted, tracker, moving=False)
    portrait = frames[min(PORTRAIT, len(frames) - 1)]
    for kind in kinds:
        if kind == OTHERS:
            continue
        for number, driver in enumerate((own, other) if moving and kind == "mesh" else (other,)):
            try:
                forged = FORGERIES[kind](Given(portrait, driver, frames))
            except VivantError as error:
                print(f"{row['file']}: no {kind}: {error}")
                continue
            if not moving:
                forged = [forged[index] for index in PICKED if index < len(forged)]
            yield from _made(row, kind, forged, tracker, moving=moving, number=number)


def _made(
    row: dict[str, str],
    kind: str,
    frames: list[np.ndarray],
    tracker: FaceTracker,
    *,
    moving: bool = True,
    number: int = 0,
) -> Iterator[Material]:
    """Yield the material, its faces found; nothing where there are none."""
    wanted = [index for index in PICKED if index < len(frames)] if moving else range(len(frames))
    picked, faces, last = [], [], ()
    for index in wanted:
        last = tracker.track(frames[index], last, scores=False)
        if last:
            picked.append(index)
            faces.append(last[0])
    identity = row["identity_group"]
    name = f"{Path(row['file']).stem}-{kind}-{number}".replace(" ", "-")
    if picked:
        yield Material(name, identity, part_of(identity), kind, frames, picked, faces, moving)


def _animated(engine: object) -> Forge:
    def forge(given: Given) -> list[np.ndarray]:
        driving = (Frame(image, i, Fraction(i, RATE)) for i, image in enumerate(given.driver))
        moved = vivant.animate(given.portrait, driving, engine=engine, threads=1)
        return [frame.image for frame in moved]

    return forge


def _oval(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the landmarks of the face, (478, 2), and a soft mask of its oval, 0 to 1."""
    faces = FaceTracker().detect(image)
    if not faces:
        raise VivantError("no face to forge")
    points = np.ascontiguousarray(faces[0].landmarks[:, :2])
    hard = np.zeros(image.shape[:2], np.uint8)
    cv2.fillConvexPoly(hard, cv2.convexHull(points[list(FACE_OVAL)].astype(np.int32)), 255)
    soft = max(3, int(0.04 * faces[0].box[3])) | 1
    eroded = cv2.erode(hard, np.ones((soft, soft), np.uint8))
    blurred = cv2.GaussianBlur(eroded, (2 * soft + 1, 2 * soft + 1), 0)
    return points, blurred.astype(np.float32)[..., None] / 255


def _affine(given: Given) -> list[np.ndarray]:
    """Move the face oval by a few pixels, degrees and percent, another way in each frame."""
    portrait = given.portrait
    points, mask = _oval(portrait)
    middle, size = points.mean(axis=0), np.ptp(points[:, 1])
    shape = portrait.shape[1::-1]
    drawn = []
    for index in range(FRAMES):
        swing = np.sin(index / 9 + np.arange(4)) * (3, 0.03, 0.02 * size, 0.02 * size)
        matrix = cv2.getRotationMatrix2D(tuple(map(float, middle)), swing[0], 1 + swing[1])
        matrix[:, 2] += swing[2:]
        moved = cv2.warpAffine(
            portrait, matrix, shape, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        share = cv2.warpAffine(mask, matrix, shape)[..., None]
        drawn.append(np.uint8(np.round(moved * share + portrait * (1 - share))))
    return drawn


def _bent(given: Given) -> list[np.ndarray]:
    """Bend the face by smooth waves that fade out towards its oval."""
    portrait = given.portrait
    points, mask = _oval(portrait)
    size = float(np.ptp(points[:, 1]))
    y, x = np.mgrid[: portrait.shape[0], : portrait.shape[1]].astype(np.float32)
    across, down = (2 * np.pi * axis / (0.8 * size) for axis in (y, x))
    share = 0.025 * size * mask[..., 0]
    return [
        cv2.remap(
            portrait,
            np.float32(x + share * np.sin(across + index / 9)),
            np.float32(y + share * np.cos(down + index / 9)),
            cv2.INTER_LINEAR,
        )
        for index in range(FRAMES)
    ]


def _swapped(given: Given) -> list[np.ndarray]:
    """Put another person's face on each frame by solving Poisson's equation at the rim."""
    donor = given.driver[min(PORTRAIT, len(given.driver) - 1)]
    source, _ = _oval(donor)
    frames = given.frames if len(given.frames) > 1 else given.frames * FRAMES
    # The others are encoded along, and not looked at.
    return [
        _swapped_one(frame, donor, source) if index in PICKED else frame
        for index, frame in enumerate(frames)
    ]


def _swapped_one(frame: np.ndarray, donor: np.ndarray, source: np.ndarray) -> np.ndarray:
    points, mask = _oval(frame)
    matrix, _ = cv2.estimateAffinePartial2D(source, points)
    moved = cv2.warpAffine(donor, matrix, frame.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
    hard = np.where(mask[..., 0] > 0.5, 255, 0).astype(np.uint8)
    x, y, wide, tall = cv2.boundingRect(hard)
    centre = (x + wide // 2, y + tall // 2)
    return cv2.seamlessClone(moved, frame, hard, centre, cv2.NORMAL_CLONE)


_OTHERWISE = MeshSettings(
    light=0, emphasis=0, mouth="none", background=False, strength=0.7, glasses=False
)
FORGERIES: dict[str, Forge] = {
    "mesh": _animated(MeshEngine(MeshSettings())),
    "mesh, other settings": _animated(MeshEngine(_OTHERWISE)),
    "still": _animated(StillEngine()),
    "affine": _affine,
    "bent": _bent,
    "swap": _swapped,
}
"""Kind to what makes the frames of it."""


def _h264(crf: int, scale: float = 1.0, every: int = 250) -> Encode:
    def encode(frames: Sequence[np.ndarray]) -> list[np.ndarray]:
        height, width = (2 * round(scale * side / 2) for side in frames[0].shape[:2])
        held = io.BytesIO()
        with av.open(held, "w", format="mp4") as file:
            stream = file.add_stream("libx264", rate=RATE)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.options = {"crf": str(crf), "preset": "medium", "threads": "1"}
            stream.gop_size = every
            for image in frames:
                shown = image
                if image.shape[:2] != (height, width):
                    shown = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
                file.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
            file.mux(stream.encode())
        held.seek(0)
        with av.open(held) as file:
            return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]

    return encode


COMPRESSIONS: dict[str, tuple[int | None, float]] = {
    "none": (None, 1.0),
    "crf 23": (23, 1.0),
    "crf 28": (28, 1.0),
    "crf 33": (33, 1.0),
    "scaled 0.5": (23, 0.5),
}
"""Name to crf of H.264 (None: as drawn) and scale."""


def encoded(one: Material, compression: str) -> Iterator[tuple[np.ndarray, Face]]:
    """Yield the frames that are looked at as they come out of an encoder, and their faces."""
    crf, scale = COMPRESSIONS[compression]
    shown = one.frames
    if crf is not None:
        # Pictures are encoded one by one, each with nothing before it.
        shown = _h264(crf, scale, 250 if one.moving else 1)(one.frames)
    for index, face in zip(one.picked, one.faces, strict=True):
        yield shown[index], _scaled(face, shown[index].shape[0] / one.frames[index].shape[0])


def _scaled(face: Face, scale: float) -> Face:
    landmarks = np.asarray(face.landmarks * scale, np.float32)
    return Face(landmarks, None, face.pose, face.confidence)
