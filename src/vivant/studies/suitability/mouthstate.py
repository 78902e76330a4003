"""What the mouth of a portrait does: closed or open, with or without teeth."""

from __future__ import annotations

from typing import Final

import numpy as np

from vivant.faces.closeup import Closeup
from vivant.faces.findings import teeth
from vivant.types import Face

STATES: Final = (
    "slightly open, dark", "closed", "slightly open, teeth", "open, teeth", "open, dark",
)  # fmt: skip
"""The states; the first four as other experimenters ranked them, the best first."""
CLOSED: Final = 0.04
"""Gap between the lips, over the width of the mouth, under which they touch."""
WIDE: Final = 0.2
"""Gap from which a mouth is open, not slightly."""
SHOWN: Final = 0.14
"""Share of the gap that is as light and grey as teeth from which teeth show."""


def mouth_state(image: np.ndarray, face: Face) -> str:
    """Return which of `STATES` a mouth is in.

    Args:
        image: (h, w, 3) uint8 RGB.
        face: the face in it.
    """
    view = Closeup.of(image, face)
    return named(view.opening(), teeth(view))


def named(gap: float, shown: float) -> str:
    """Return which of `STATES` a mouth is in, from numbers.

    Args:
        gap: between the lips, over the width of the mouth.
        shown: share of the gap that looks like teeth.

    >>> named(0.01, 0.0), named(0.1, 0.0), named(0.1, 0.5), named(0.3, 0.5)
    ('closed', 'slightly open, dark', 'slightly open, teeth', 'open, teeth')
    """
    if gap < CLOSED:
        return "closed"
    return f"{'open' if gap > WIDE else 'slightly open'}, {'teeth' if shown > SHOWN else 'dark'}"
