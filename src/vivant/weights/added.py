"""Model files that a user adds: some metrics want weights that vivant may not carry.

They lie as ONNX files in the folder `weights` of vivant's data folder. ONNX holds no
code; what a file is supposed to take and give is said here, and how to make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vivant.errors import WeightsError, listed
from vivant.home import home


@dataclass(frozen=True, slots=True)
class AddedFile:
    """One model file that a user can add."""

    file: str
    """Its name in the folder."""
    purpose: str
    inputs: str
    """Shape, type and range of the one input; its name does not matter."""
    outputs: str
    """Shape of the one output."""
    origin: str
    """Where the true weights come from."""
    tried: tuple[int, ...]
    """Shape of the input that it is tried with when it is added."""
    gives: int
    """How many numbers it gives then."""


KNOWN: Final = {
    "lpips": AddedFile(
        file="lpips.onnx",
        purpose="the learned perceptual distance LPIPS",
        inputs="(2, 3, height, width) float32 RGB, -1 to 1: the picture, then its target",
        outputs="one number",
        origin="the Python package lpips",
        tried=(2, 3, 64, 64),
        gives=1,
    ),
    "fid_inception": AddedFile(
        file="fid_inception.onnx",
        purpose="the Inception network of the Frechet inception distance",
        inputs="(1, 3, 299, 299) float32 RGB, 0 to 1",
        outputs="(1, 2048)",
        origin="the Python package pytorch-fid",
        tried=(1, 3, 299, 299),
        gives=2048,
    ),
}
"""Name to file, of all that can be added; docs/metrics.md has the lines that make each."""


def folder() -> Path:
    """Return the folder of added files; it may not exist yet."""
    return home() / "weights"


def added(name: str) -> Path | None:
    """Return the added file called `name`, or None where the user has added none.

    Raises:
        WeightsError: no file of that name can be added.
    """
    path = folder() / _entry(name).file
    return path if path.is_file() else None


def wanted(name: str) -> Path:
    """Return the added file called `name`.

    Raises:
        WeightsError: it is not there; the message says what is wanted and where.
    """
    path = added(name)
    if path is None:
        raise WeightsError(missing(name))
    return path


def missing(name: str) -> str:
    """Return what to tell where the file called `name` is not there."""
    entry = _entry(name)
    return (
        f"{folder() / entry.file} is not there: {entry.purpose} needs weights that vivant may not "
        f"carry. An ONNX file is wanted that takes {entry.inputs}, and gives {entry.outputs}; "
        f"it can be made with {entry.origin}, docs/metrics.md tells how. Then: "
        f"vivant weights add {entry.file} --as {name}"
    )


def _entry(name: str) -> AddedFile:
    if name not in KNOWN:
        raise WeightsError(f"no model file {name!r} can be added; known: {listed(KNOWN)}")
    return KNOWN[name]
