"""The canonical head: the mesh that landmarks are compared with.

It comes with the face landmarker, as a protocol buffer of a handful of fields;
the few lines that read one are here, to spare a dependency.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from vivant import weights

_FILE = "geometry_pipeline_metadata_landmarks.binarypb"
# Field numbers of MediaPipe's GeometryPipelineMetadata, Mesh3d and WeightedLandmarkRef.
_MESH, _BASIS = 1, 2
_VERTICES, _INDICES = 3, 4
_LANDMARK, _WEIGHT = 1, 2
_IRISES_MIRRORED = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)
"""For each landmark of the irises, 468 to 477, the one across: centre, then the edge."""


NECK: Final = (0.0, 5.0, 3.5)
"""What a head turns about: below and behind its middle; centimetres, axes as below."""


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """A neutral, frontal head, as a mesh of the first 468 landmarks.

    Axes: x to the picture's right (the person's left), y down, z away from the
    camera, in centimetres. The middle of the face has x = 0 and the tip of the
    nose is nearest to the camera.
    """

    vertices: np.ndarray
    """(468, 3) float64, centimetres."""
    triangles: np.ndarray
    """(898, 3) int32, indices of vertices; counter-clockwise in the picture for a frontal face."""
    uv: np.ndarray
    """(468, 2) float64 in [0, 1], place of each vertex in a flattened face, v downwards."""
    weights: np.ndarray
    """(468,) float64 >= 0, how firmly each vertex belongs to the skull; most are 0."""


@cache
def canonical_face() -> CanonicalFace:
    """Return the canonical head; its arrays are shared and read-only.

    Raises:
        WeightsError: the carried file is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(weights.read("face_landmarker"))) as bundle:
        fields = list(_fields(bundle.read(_FILE)))
    mesh = list(_fields(next(value for number, value in fields if number == _MESH)))
    floats = b"".join(value for number, value in mesh if number == _VERTICES)
    packed = np.frombuffer(floats, "<f4").reshape(-1, 5).astype(np.float64)
    indices = [value for number, value in mesh if number == _INDICES]
    basis = np.zeros(len(packed))
    for entry in (dict(_fields(value)) for number, value in fields if number == _BASIS):
        basis[entry[_LANDMARK]] = np.frombuffer(entry[_WEIGHT], "<f4")[0]
    arrays = (
        packed[:, :3] * np.array([1.0, -1.0, -1.0]),
        np.array(indices, np.int32).reshape(-1, 3),
        packed[:, 3:].copy(),
        basis,
    )
    for array in arrays:
        array.flags.writeable = False
    return CanonicalFace(*arrays)


@cache
def mirrored_landmarks() -> np.ndarray:
    """Return for each of the 478 landmarks its number on the other half of the face, (478,).

    >>> right, left = 33, 263  # the outer corners of the eyes
    >>> int(mirrored_landmarks()[right]) == left
    True
    """
    vertices = canonical_face().vertices  # exactly symmetrical
    over = vertices * [-1.0, 1.0, 1.0]
    face = np.linalg.norm(over[:, None] - vertices[None], axis=2).argmin(axis=1)
    numbers = np.append(face, _IRISES_MIRRORED)
    numbers.flags.writeable = False
    return numbers


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield (field number, value) of a protocol buffer message, as it stands on the wire.

    Whole numbers come as int, everything else as its bytes.

    >>> list(_fields(bytes([0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69])))
    [(1, 150), (2, b'hi')]
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        length, at = _varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        yield number, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the whole number that starts at `at`, and where the next field starts."""
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | message[at] << shift, at + 1
