"""Short real drivers, decoded once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vivant import samples
from vivant.media import VideoReader, read_image
from vivant.types import Frame


@pytest.fixture(scope="session")
def hopper() -> np.ndarray:
    return read_image(samples.portrait())


@pytest.fixture(scope="session")
def drive() -> tuple[Frame, ...]:
    """The first two seconds of the sample's driver, halved in size."""
    with VideoReader(samples.driving(), end=Fraction(2)) as reader:
        return tuple(
            Frame(np.ascontiguousarray(frame.image[::2, ::2]), frame.index, frame.time)
            for frame in reader
        )


@pytest.fixture(scope="session")
def empty() -> np.ndarray:
    """A picture without a face."""
    return np.full((180, 320, 3), 90, np.uint8)


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory, drive: tuple[Frame, ...]) -> Path:
    """A driving file of half a second."""
    from vivant.media import VideoWriter

    path = tmp_path_factory.mktemp("drivers") / "short.mp4"
    height, width = drive[0].image.shape[:2]
    with VideoWriter(path, width=width, height=height, rate=Fraction(24000, 1001)) as writer:
        for frame in drive[:12]:
            writer.write(frame)
    return path
