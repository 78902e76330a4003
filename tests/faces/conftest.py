"""Pictures with faces, made from the sample portrait, and one tracker for all tests."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
from PIL import Image

from vivant.faces.track import FaceTracker


@pytest.fixture(scope="session")
def tracker() -> FaceTracker:
    return FaceTracker()


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """Return the sample portrait, (600, 512, 3) uint8; nobody may change it."""
    with files("vivant.samples").joinpath("grace_hopper.jpg").open("rb") as file:
        image = np.array(Image.open(file).convert("RGB"))
    image.flags.writeable = False
    return image


@pytest.fixture(scope="session")
def nobody() -> np.ndarray:
    """Return a picture without any face."""
    rng = np.random.default_rng(0)
    blur = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).resize((640, 480))
    return np.array(blur)
