"""Finds faces in pictures and follows them from one picture to the next."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from vivant import weights
from vivant.errors import SettingsError
from vivant.faces import detect, identity
from vivant.faces.detect import Detection
from vivant.faces.landmarks_net import SIZE, find_landmarks, score_expression
from vivant.faces.pose import fit_pose
from vivant.faces.region import LOOK_AROUND, Region, around, inside, shared
from vivant.landmarks import LEFT_EYE, RIGHT_EYE
from vivant.types import Face, check_picture
from vivant.weights import runtime

_NETWORKS = {
    "face_detector": None,
    "face_landmarks_detector": (1, SIZE, SIZE, 3),
    "face_blendshapes": None,
}
"""Networks of the bundle, and the input shape where the file leaves it open."""

_PART = 0.6
"""What lies in a known face by more than this share is a part of it, not a face of its own."""
_CALM = 0.06
"""A face that moved by less than this share of its size is simply followed (99 frames in 100)."""
_SURE = 0.99
"""So is one that the landmark network is as sure of as this (999 frames in 1000)."""
_NEARBY = 3.0
"""Else the detector looks around it, at so many times its size,"""
_TOUCH = 0.1
"""for a box that shares this part of their union with it."""
_OTHERWISE = (
    (0.06, 0.0, 1.0, 0.15),
    (-0.06, 0.0, 1.0, -0.15),
    (0, 0.06, 1.15, 0),
    (0, -0.06, 0.87, 0),
)
"""How `doubt` looks again: shift right and down in sides, scale, radians."""
_SPARE = 2
"""So many faces more than wanted are looked at, to know the right one again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackerSettings:
    """Options of the face tracker; every field reaches the command line."""

    detection_threshold: float = 0.5
    """Least score of the detector that counts as a face, 0 to 1."""
    presence_threshold: float = 0.5
    """A face is followed while the landmark network believes in it this much, 0 to 1."""
    overlap: float = 0.3
    """Boxes that share more than this part of their union are one face, 0 to 1."""

    refine: int = 2
    """How often the landmarks of a newly found face are placed again, from where they lay, 0 to 5.

    0 is what MediaPipe does; 1 makes the same face under a shift, a turn or another
    scale agree two to three times better with itself. From 2 on a face lies nearly where
    following it through a still video would leave it.
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
            found.sort(key=lambda entry: -entry.score)
            faces += self._new(image, found, faces)
        faces.sort(key=lambda face: -around(face.landmarks).side)
        return self._scored(replace(face, track=number) for number, face in enumerate(faces))

    def track(
        self, image: np.ndarray, previous: Sequence[Face], *, faces: int = 1, scores: bool = True
    ) -> tuple[Face, ...]:
        """Follow faces into the next picture of a video.

        Each face is sought where it was; the detector looks only while fewer than
        `faces` are in view, and only at the whole picture (small faces in large
        pictures are found by `detect` and then followed). A face keeps its
        number, also when it passes behind another or reappears near where it was
        lost; a face not known before gets the next free number.

        Args:
            image: (height, width, 3) uint8 RGB.
            previous: faces seen before, first those that matter most; `identity.remember`
                keeps lost ones in it.
            faces: how many to follow at most.
            scores: also read the expression scores, which takes about a millisecond a face.

        Returns:
            The faces in view, in the order of `previous`, then new ones, the
            largest first; empty where there is none.

        Raises:
            ShapeError: `image` is no picture.
        """
        check_picture(image, "FaceTracker.track: image")
        followed = [(old, self._follow(image, old)) for old in previous]
        seen = identity.settle([(old, face) for old, face in followed if face is not None])[:faces]
        if len(seen) < faces:
            found = self._look(image, detect.whole(image))
            found.sort(key=lambda entry: -entry.region.side)
            fresh = self._new(image, found[: faces + _SPARE], seen)
            lost = [old for old in previous if old.track not in {face.track for face in seen}]
            seen += identity.numbered(fresh, lost, previous)[: faces - len(seen)]
        return self._scored(seen) if scores else tuple(seen)

    def best_score(self, image: np.ndarray) -> float:
        """Return how near the picture came to showing a face, 0 to 1.

        For messages: where `detect` found nothing it is under the threshold.
        """
        found = self._look(image, detect.whole(image))
        if not found:
            return detect.best_score(self._detector, image)
        beliefs = (find_landmarks(self._landmarks, image, entry.look_at)[1] for entry in found)
        return max(beliefs)

    def doubt(self, image: np.ndarray, face: Face) -> np.ndarray:
        """Return how far each landmark wanders when the face is shown a little differently.

        The network looks four more times, at squares shifted, turned and scaled. It is
        sure of a plain face, and less so of one that is covered or strangely drawn.

        Args:
            image: (height, width, 3) uint8 RGB.
            face: where `detect` or `track` saw it.

        Returns:
            (478,) float64, standard deviation in distances between the outer corners of the eyes.
        """
        at = around(face.landmarks)
        looks = [face.landmarks]
        for right, down, scale, angle in _OTHERWISE:
            region = Region(
                at.x + right * at.side, at.y + down * at.side, scale * at.side, at.angle + angle
            )
            looks.append(find_landmarks(self._landmarks, image, region)[0])
        corners = face.landmarks[[RIGHT_EYE[0], LEFT_EYE[0]], :2]
        spread = np.stack(looks)[..., :2].astype(np.float64).var(axis=0).sum(axis=-1)
        apart = float(np.linalg.norm(corners[1] - corners[0]))
        doubt: np.ndarray = np.sqrt(spread) / max(apart, 1.0)
        return doubt

    def _look(self, image: np.ndarray, region: Region) -> list[Detection]:
        return detect.look(
            self._detector,
            image,
            region,
            threshold=self.settings.detection_threshold,
            overlap=self.settings.overlap,
        )

    def _face(
        self, image: np.ndarray, region: Region, track: int = 0, *, refine: int = 0
    ) -> Face | None:
        """Return the face that the region shows, without scores, or None where it shows none."""
        for _ in range(1 + refine):
            landmarks, belief = find_landmarks(self._landmarks, image, region)
            if belief < self.settings.presence_threshold:
                return None
            region = around(landmarks)
        return Face(landmarks, None, fit_pose(landmarks), belief, track)

    def _scored(self, faces: Iterable[Face]) -> tuple[Face, ...]:
        """Return the faces with their expression scores."""
        return tuple(
            replace(face, scores=score_expression(self._expression, face.landmarks))
            for face in faces
        )

    def _follow(self, image: np.ndarray, old: Face) -> Face | None:
        """Return where a face has gone, or None where it is lost."""
        was = identity.box(old)
        face = self._face(image, was.grown(LOOK_AROUND), old.track)
        if face is None:
            return None
        here = identity.box(face)
        moved = math.hypot(here.x - was.x, here.y - was.y) / here.side
        if moved < _CALM and face.confidence > _SURE:
            return face
        # Landmarks trail behind a face that moves fast: let the detector see where it is.
        near = self._look(image, Region(here.x, here.y, _NEARBY * here.side))
        best = max(near, key=lambda entry: shared(entry.region, here), default=None)
        if best is None or shared(best.region, here) < _TOUCH:
            return face
        again = min(1, self.settings.refine)
        return self._face(image, best.look_at, old.track, refine=again) or face

    def _covers(self, box: Region, region: Region) -> bool:
        """Say whether a region is the face at `box` again, or a part of it."""
        return shared(region, box) > self.settings.overlap or inside(region, box) > _PART

    def _new(
        self, image: np.ndarray, found: Iterable[Detection], known: Sequence[Face]
    ) -> list[Face]:
        """Return the faces at detections, in their order, that are not among the known."""
        taken = [identity.box(face) for face in known]
        new: list[Face] = []
        for entry in found:
            if any(self._covers(box, entry.region) for box in taken):
                continue
            face = self._face(image, entry.look_at, refine=self.settings.refine)
            if face is not None and all(
                not identity.double(face, other) for other in [*known, *new]
            ):
                new.append(face)
                taken += [entry.region, identity.box(face)]
        return new
