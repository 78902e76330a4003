"""How much memory and processor time a run uses, its child processes included."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PEAK, _NOW = "VmHWM:", "VmRSS:"


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
        for pid in _children():
            peak = _status_mb(f"/proc/{pid}/status", _PEAK)
            if peak is not None:
                self._children[pid] = peak

    @property
    def mb(self) -> float | None:
        """Megabytes; None where the system does not tell."""
        own = _own_mb(_PEAK)
        return None if own is None else round(own + sum(self._children.values()), 1)


def resident_mb() -> float | None:
    """Return the memory used now, megabytes; on macOS, the most that was ever used.

    None where the system does not tell.
    """
    own = _own_mb(_NOW)
    if own is None:
        return None
    others = (_status_mb(f"/proc/{pid}/status", _NOW) for pid in _children())
    return round(own + sum(other or 0.0 for other in others), 1)


def processor_seconds() -> float:
    """Return the processor time used so far; of children that still run on Linux only."""
    used = os.times()
    running = sum(_running_seconds(pid) for pid in _children())
    return used.user + used.system + used.children_user + used.children_system + running


def _children() -> list[int]:
    """Return the process numbers of the children alive; Linux only."""
    found: list[int] = []
    for path in Path("/proc/self/task").glob("*/children"):
        try:
            found += map(int, path.read_text(encoding="ascii").split())
        except OSError:  # that thread has just ended
            continue
    return found


def _running_seconds(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:  # it has ended
        return 0.0
    fields = told.rpartition(")")[2].split()  # the name before may hold anything
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _own_mb(what: str) -> float | None:
    own = _status_mb("/proc/self/status", what)
    if own is None and sys.platform != "win32":
        import resource

        unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kibibytes elsewhere
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return own


def _status_mb(status: str | os.PathLike[str], what: str) -> float | None:
    """Read one memory count from a Linux status file."""
    try:
        text = Path(status).read_text(encoding="utf-8")
    except OSError:  # not Linux, or the process has ended
        return None
    for line in text.splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1000
    return None
