"""A short made-up performance."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vivant.motion.performance import Performance
from vivant.types import Face, Pose
from vivant.weights.canonical import canonical_face


def face(scale: float, shift: float = 0.0) -> Face:
    vertices = canonical_face().vertices
    irises = np.repeat(vertices[[159, 386]] + [0.0, 0.3, 0.0], 5, axis=0)
    irises[[1, 6], 0] += 0.4
    irises[[3, 8], 0] -= 0.4
    head = np.vstack([vertices, irises])
    angle = np.radians(20)
    rotation = np.array(
        [[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]]
    )
    pose = Pose(rotation, np.array([300.0 + shift, 260.0, 1.0]), scale)
    scores = np.linspace(0, 1, 52).astype(np.float32)
    landmarks = scale * head @ rotation.T + pose.translation
    return Face(landmarks.astype(np.float32), scores, pose, 0.9)


@pytest.fixture(scope="session")
def performance() -> Performance:
    """Six frames at 29.97 frames/s; in the third there is no face."""
    times = tuple(Fraction(1001 * index, 30000) for index in range(6))
    faces = [face(30.0, shift=2.5 * index) for index in range(6)]
    return Performance(
        name="six frames",
        width=640,
        height=480,
        times=times,
        faces=(*faces[:2], None, *faces[3:]),
        rate=Fraction(30000, 1001),
        origin="made up for a test",
        licence="CC0-1.0",
    )
