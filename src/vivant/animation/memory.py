"""How much memory a run uses at most, its child processes included."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class PeakMemory:
    """The largest memory of this process, plus the largest of each child seen alive.

    A child's own count, which the system hands over when it ends, begins with
    the memory of its parent and is of no use. So children are asked while they
    live; call `sample` now and then.
    """

    def __init__(self) -> None:
        self._children: dict[int, float] = {}

    def sample(self) -> None:
        """Look at the children (Linux only; elsewhere they are not counted)."""
        for path in Path("/proc/self/task").glob("*/children"):
            try:
                pids = path.read_text(encoding="ascii").split()
            except OSError:  # that thread has just ended
                continue
            for pid in pids:
                peak = _peak_mb(f"/proc/{pid}/status")
                if peak is not None:
                    self._children[int(pid)] = peak

    @property
    def mb(self) -> float | None:
        """Megabytes; None where the system does not tell."""
        own = _peak_mb("/proc/self/status")
        if own is None and sys.platform != "win32":
            import resource

            unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kibibytes elsewhere
            own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        return None if own is None else round(own + sum(self._children.values()), 1)


def _peak_mb(status: str | os.PathLike[str]) -> float | None:
    """Read the largest resident memory from a Linux status file."""
    try:
        text = Path(status).read_text(encoding="utf-8")
    except OSError:  # not Linux, or the process has ended
        return None
    for line in text.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return None
