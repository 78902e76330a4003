"""The sha256 of a file of weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vivant.errors import WeightsError


def digest(path: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}.") from error
