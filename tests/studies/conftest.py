"""Short clips to study, made from the sample driver."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.faces.track import FaceTracker
from vivant.media import VideoReader, VideoWriter
from vivant.types import Frame

RATE = Fraction(24)


def write_clip(path: Path, images: list[np.ndarray]) -> Path:
    height, width = images[0].shape[:2]
    with VideoWriter(path, width=width, height=height, rate=RATE) as writer:
        for index, image in enumerate(images):
            writer.write(Frame(image, index, index / RATE))
    return path


@pytest.fixture(scope="session")
def speaker() -> tuple[Frame, ...]:
    """Sixteen frames of the sample driver, 192x192; every third of the original."""
    with VideoReader(samples.driving(), end=Fraction(2)) as reader:
        images = [frame.image[:, 240:600] for frame in reader][::3]
    small = [cv2.resize(image, (192, 192), interpolation=cv2.INTER_AREA) for image in images]
    return tuple(Frame(image, index, index / RATE) for index, image in enumerate(small[:16]))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory, speaker: tuple[Frame, ...]) -> Path:
    """A folder of one clip with a face and one without."""
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "speaker.mp4", [frame.image for frame in speaker])
    rng = np.random.default_rng(0)
    blur = cv2.resize(rng.integers(0, 256, (6, 6, 3), np.uint8), (192, 192))
    write_clip(folder / "nobody.mp4", [blur] * 12)
    return folder


@pytest.fixture(scope="session")
def tracker() -> FaceTracker:
    return FaceTracker()
