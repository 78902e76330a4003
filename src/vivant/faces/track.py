"""Finds faces in pictures and follows them from one picture to the next."""

from __future__ import annotations

import io
import itertools
import math
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from vivant import weights
from vivant.errors import SettingsError
from vivant.faces import detect
from vivant.faces.detect import Detection
from vivant.faces.landmarks_net import SIZE, find_landmarks, score_expression
from vivant.faces.pose import fit_pose
from vivant.faces.region import LOOK_AROUND, Region, around, shared
from vivant.types import Face, check_picture
from vivant.weights import runtime

_NETWORKS = {
    "face_detector": None,
    "face_landmarks_detector": (1, SIZE, SIZE, 3),
    "face_blendshapes": None,
}
"""Networks of the bundle, and the input shape where the file leaves it open."""

_DOUBLE = 0.15
"""Two sets of landmarks nearer than this share of the face's size are one face."""
_NEAR = 1.5
"""A lost face may reappear within this many times its size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackerSettings:
    """Options of the face tracker; every field reaches the command line."""

    threshold: float = 0.5
    """Least score of the detector that counts as a face, 0 to 1."""
    presence_threshold: float = 0.5
    """A face is followed while the landmark network believes in it this much, 0 to 1."""
    overlap: float = 0.3
    """Boxes that share more than this part of their union are one face, 0 to 1."""

    refine: int = 1
    """How often the landmarks of a newly found face are placed again, from where they lay, 0 to 5.

    0 is what MediaPipe does; 1 makes the same face under a shift, a turn or another
    scale agree two to three times better with itself.
    """

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        for name, most in zip(self.__slots__, (1, 1, 1, 5), strict=True):
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise SettingsError(f"tracker.{name} must lie in [0, {most}], got {value}")


class FaceTracker:
    """Finds faces, 478 landmarks, 52 expression scores and the pose of each.

    It remembers nothing: what was seen last is handed to `track`. One tracker
    serves any number of streams and threads at once. All networks run in float32.
    """

    def __init__(self, settings: TrackerSettings = TrackerSettings(), *, threads: int = 1) -> None:
        """Load the networks; `threads` is how many cores one call uses.

        Raises:
            WeightsError: a carried model file is damaged.
        """
        self.settings = settings
        with zipfile.ZipFile(io.BytesIO(weights.read("face_landmarker"))) as bundle:
            files = [bundle.read(f"{name}.tflite") for name in _NETWORKS]
        with ThreadPoolExecutor(len(files)) as pool:
            self._detector, self._landmarks, self._expression = pool.map(
                lambda file, shape: runtime.load(file, threads=threads, shape=shape),
                files,
                _NETWORKS.values(),
            )

    def detect(self, image: np.ndarray, *, thorough: bool = False) -> tuple[Face, ...]:
        """Find every face of a still, the largest first.

        Where the first look finds none, further looks follow, from further away
        and at ever smaller tiles, until one finds a face. `thorough` asks for all
        of them in any case: it finds small faces beside a large one, and takes up
        to half a second.

        Args:
            image: (height, width, 3) uint8 RGB.
            thorough: also look for small faces when large ones were found.

        Returns:
            The faces, numbered from 0 in `Face.track`; empty where there is none.

        Raises:
            ShapeError: `image` is no picture.
        """
        check_picture(image, "FaceTracker.detect: image")
        faces: list[Face] = []
        for regions in ([detect.whole(image)], *detect.second_looks(image)):
            if faces and not thorough:
                break
            found = [entry for region in regions for entry in self._look(image, region)]
            faces += self._new(image, found, faces)
        faces.sort(key=lambda face: -around(face.landmarks).side)
        return tuple(replace(face, track=number) for number, face in enumerate(faces))

    def track(
        self, image: np.ndarray, previous: Sequence[Face], *, faces: int = 1
    ) -> tuple[Face, ...]:
        """Follow faces into the next picture of a video.

        Each face is sought where it was; the detector looks only while fewer than
        `faces` are in view, and only at the whole picture (small faces in large
        pictures are found by `detect` and then followed). A face keeps its
        number, also when it passes behind another or reappears near where it was
        lost; a face not known before gets the next free number.

        Args:
            image: (height, width, 3) uint8 RGB.
            previous: faces seen before, first those that matter most; `remember`
                keeps lost ones in it.
            faces: how many to follow at most.

        Returns:
            The faces in view, in the order of `previous`, then new ones, the
            surest first; empty where there is none.

        Raises:
            ShapeError: `image` is no picture.
        """
        check_picture(image, "FaceTracker.track: image")
        followed = [(old, self._face(image, around(old.landmarks), old.track)) for old in previous]
        seen = _settle([(old, face) for old, face in followed if face is not None])[:faces]
        if len(seen) < faces:
            fresh = self._new(image, self._look(image, detect.whole(image)), seen)
            lost = [old for old in previous if old.track not in {face.track for face in seen}]
            seen += _numbered(fresh, lost, previous)[: faces - len(seen)]
        return tuple(seen)

    def best_score(self, image: np.ndarray) -> float:
        """Return how near the picture came to showing a face, 0 to 1.

        For messages: where `detect` found nothing it is under the threshold.
        """
        found = self._look(image, detect.whole(image))
        if not found:
            return detect.best_score(self._detector, image)
        beliefs = (find_landmarks(self._landmarks, image, entry.look_at)[1] for entry in found)
        return max(beliefs)

    def _look(self, image: np.ndarray, region: Region) -> list[Detection]:
        return detect.look(
            self._detector,
            image,
            region,
            threshold=self.settings.threshold,
            overlap=self.settings.overlap,
        )

    def _face(
        self, image: np.ndarray, region: Region, track: int = 0, *, refine: int = 0
    ) -> Face | None:
        """Return the face that the region shows, or None where it shows none."""
        landmarks, belief = find_landmarks(self._landmarks, image, region)
        for _ in range(refine):
            landmarks, belief = find_landmarks(self._landmarks, image, around(landmarks))
        if belief < self.settings.presence_threshold:
            return None
        scores = score_expression(self._expression, landmarks)
        return Face(landmarks, scores, fit_pose(landmarks), belief, track)

    def _new(
        self, image: np.ndarray, found: Iterable[Detection], known: Sequence[Face]
    ) -> list[Face]:
        """Return the faces at detections, the surest first, that are not among the known."""
        taken = [_box(face) for face in known]
        new: list[Face] = []
        for entry in sorted(found, key=lambda entry: -entry.score):
            if any(shared(entry.region, box) > self.settings.overlap for box in taken):
                continue
            face = self._face(image, entry.look_at, refine=self.settings.refine)
            if face is not None and all(not _double(face, other) for other in [*known, *new]):
                new.append(face)
                taken += [entry.region, _box(face)]
        return new


def remember(previous: Sequence[Face], seen: Sequence[Face]) -> tuple[Face, ...]:
    """Return what to hand to `track` next: the faces in view, then the lost ones.

    In `previous` a lost face stands as it was last seen.
    """
    tracks = {face.track for face in seen}
    return (*seen, *(face for face in previous if face.track not in tracks))


def _box(face: Face) -> Region:
    return around(face.landmarks).grown(1 / LOOK_AROUND)


def _double(a: Face, b: Face) -> bool:
    """Say whether two sets of landmarks lie on one and the same face."""
    apart = np.linalg.norm(a.landmarks[:, :2] - b.landmarks[:, :2], axis=1).mean()
    return bool(apart < _DOUBLE * _box(a).side)


def _settle(followed: Sequence[tuple[Face, Face]]) -> list[Face]:
    """Return the (old, now) pairs' new faces, each face in the picture only once.

    When one face hides another, the search for the hidden one ends on the face
    in front. That one belongs to whom it resembles more in place and size.
    """
    kept: list[tuple[Face, Face]] = []
    for old, face in sorted(followed, key=lambda pair: _change(*pair)):
        if not any(_double(face, other) for _, other in kept):
            kept.append((old, face))
    tracks = {face.track for _, face in kept}
    return [face for _, face in followed if face.track in tracks]


def _change(old: Face, face: Face) -> float:
    """Return by how much a face changed place and size, in units of its size."""
    a, b = _box(old), _box(face)
    return math.hypot(a.x - b.x, a.y - b.y) / a.side + abs(math.log(a.side / b.side))


def _numbered(fresh: Sequence[Face], lost: Sequence[Face], previous: Sequence[Face]) -> list[Face]:
    """Return the fresh faces: known again first, with their old number, then new ones."""
    pairs = sorted(
        (
            (_change(old, face), old.track, index)
            for old in lost
            for index, face in enumerate(fresh)
        ),
    )
    number_of: dict[int, int] = {}
    for change, track, index in pairs:
        if change < _NEAR and index not in number_of and track not in number_of.values():
            number_of[index] = track
    free = itertools.count(1 + max((face.track for face in previous), default=-1))
    known = [replace(fresh[index], track=track) for index, track in number_of.items()]
    new = [face for index, face in enumerate(fresh) if index not in number_of]
    return known + [replace(face, track=next(free)) for face in new]
