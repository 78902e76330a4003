"""What tests of the live room share: a small stage, and frames of the driver."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from vivant import samples
from vivant.live.canvas import Canvas
from vivant.live.session import LiveSettings, Session
from vivant.media import VideoReader


@pytest.fixture(scope="session")
def faces() -> list[np.ndarray]:
    """Frames of the sample's driver."""
    with VideoReader(samples.driving()) as reader:
        return [frame.image for frame, _ in zip(reader, range(40), strict=False)]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def session(told: list[str]) -> Iterator[Session]:
    """The sample's portrait on a small stage."""
    settings = LiveSettings(canvas=Canvas(256, 300))
    with Session(samples.portrait(), settings, consent="historical", tell=told.append) as opened:
        yield opened
