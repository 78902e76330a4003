"""Makes a portrait move as somebody else does.

One portrait and one driving performance give a video of that portrait with
those expressions and head movements, marked as synthetic:

    import vivant
    vivant.animate_file("portrait.jpg", "talk.mp4", "result.mp4", consent="own")

Everything below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vivant import errors
    from vivant.animation.file import animate_file
    from vivant.animation.inspection import Inspection, inspect
    from vivant.animation.loop import animate
    from vivant.animation.recording import record
    from vivant.animation.settings import AnimateSettings, Progress, Report
    from vivant.animation.sources import read_performance, write_performance
    from vivant.engines import open_engine
    from vivant.forensics.detection import Detection, detect
    from vivant.marks import LabelSettings
    from vivant.marks.verify import Verification, verify
    from vivant.motion.performance import Performance
    from vivant.types import Frame

__version__ = "0.1.0"
__all__ = [
    "AnimateSettings",
    "Detection",
    "Frame",
    "Inspection",
    "LabelSettings",
    "Performance",
    "Progress",
    "Report",
    "Verification",
    "__version__",
    "animate",
    "animate_file",
    "detect",
    "errors",
    "inspect",
    "open_engine",
    "read_performance",
    "record",
    "verify",
    "write_performance",
]

_HOMES = {
    "AnimateSettings": "vivant.animation.settings",
    "Detection": "vivant.forensics.detection",
    "Frame": "vivant.types",
    "Inspection": "vivant.animation.inspection",
    "LabelSettings": "vivant.marks",
    "Performance": "vivant.motion.performance",
    "Progress": "vivant.animation.settings",
    "Report": "vivant.animation.settings",
    "Verification": "vivant.marks",
    "animate": "vivant.animation.loop",
    "animate_file": "vivant.animation.file",
    "detect": "vivant.forensics.detection",
    "inspect": "vivant.animation.inspection",
    "open_engine": "vivant.engines",
    "read_performance": "vivant.animation.sources",
    "record": "vivant.animation.recording",
    "verify": "vivant.marks",
    "write_performance": "vivant.animation.sources",
}


def __getattr__(name: str) -> object:
    if name == "errors":
        found: object = importlib.import_module("vivant.errors")
    elif name in _HOMES:
        found = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'vivant' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
