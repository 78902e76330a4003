"""A real face for engines to read, found once."""

from __future__ import annotations

import numpy as np
import pytest

from vivant import samples
from vivant.faces import crop as cropping
from vivant.faces.track import FaceTracker
from vivant.media import read_image
from vivant.types import Face, FaceCrop


@pytest.fixture(scope="session")
def hopper() -> np.ndarray:
    return read_image(samples.portrait())


@pytest.fixture(scope="session")
def found(hopper: np.ndarray) -> Face:
    (face,) = FaceTracker().detect(hopper)
    return face


@pytest.fixture(scope="session")
def cut_for(hopper: np.ndarray, found: Face):  # type: ignore[no-untyped-def]
    """Return a function that cuts the sample's face the way an engine wants it."""

    def cut(engine) -> FaceCrop:  # type: ignore[no-untyped-def]
        matrix = cropping.crop_from_face(found, engine.crop, engine.size)
        return cropping.face_crop(hopper, found, matrix, engine.size)

    return cut
