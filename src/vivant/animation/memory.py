"""How much memory the process has used at most."""

from __future__ import annotations

import sys


def peak_rss_mb() -> float | None:
    """Return the largest memory of this process plus its largest ended child, in MB.

    None where the system does not tell (Windows has no such count for children).
    """
    if sys.platform == "win32":
        return None
    import resource

    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kibibytes elsewhere
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round((own + child) / unit, 1)
