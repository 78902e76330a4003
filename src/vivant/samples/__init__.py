"""The portrait and the driving clip that vivant carries, for `vivant animate --demo`.

Where each comes from and under which licence stands in a text file beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent


def portrait() -> Path:
    """Return the path of the sample portrait: Grace Hopper, 512 x 600 pixels, JPEG.

    >>> portrait().name
    'grace_hopper.jpg'
    """
    return _HERE / "grace_hopper.jpg"


def driving() -> Path:
    """Return the path of the sample driving clip: 6.5 s, 640 x 360, 24000/1001 frames/s.

    >>> driving().name
    'driving.mp4'
    """
    return _HERE / "driving.mp4"


def folder() -> Path:
    """Return the folder in which both lie."""
    return _HERE
