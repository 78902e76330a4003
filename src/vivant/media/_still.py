"""Write a single picture as if it were a video of one frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from vivant.errors import SettingsError
from vivant.media.stills import saving
from vivant.types import Frame


class Still:
    """One picture; a second frame is refused."""

    clock = Fraction(1, 1_000_000)
    step = 1

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = False

    def write(self, frame: Frame, tick: int) -> None:  # noqa: ARG002 - a picture keeps no time
        """Write the picture.

        Raises:
            SettingsError: it is already there.
        """
        from PIL import Image

        if self._written:
            raise SettingsError(
                f"a {self._path.suffix} file holds one picture, and another frame came. "
                f"Write a video, or numbered pictures such as face_%05d.png."
            )
        kind, options = saving(self._path)
        Image.fromarray(np.ascontiguousarray(frame.image)).save(self._path, kind, **options)
        self._written = True

    def close(self) -> None:
        """Nothing is left to do."""

    def abort(self) -> None:
        """Nothing is held."""
