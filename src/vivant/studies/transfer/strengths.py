"""The strengths at which expressions are carried over."""

from __future__ import annotations

from typing import Final

FINE: Final = tuple(round(0.3 + 0.02 * step, 2) for step in range(11))
"""Where the published tables look: 0.30 to 0.50."""
COARSE: Final = tuple(round(0.1 * step, 1) for step in range(11))
"""From nothing to all."""
ALL: Final = tuple(sorted({*FINE, *COARSE}))
SHOWN: Final = (0.0, 0.3, 0.5, 0.7, 1.0)
"""Those in contact sheets."""


def named(strength: float) -> str:
    """Return a strength as the published tables write it.

    >>> named(0.3), named(0.32), named(1.0)
    ('0.3', '0.32', '1.0')
    """
    return str(float(strength))
