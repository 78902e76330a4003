"""A virtual camera: what other programs see as a camera of this computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from vivant.errors import CameraError, MissingExtra
from vivant.live.canvas import Canvas
from vivant.live.sinks import Shown

_HELP = {
    "linux": (
        "Virtual cameras of Linux come from the module v4l2loopback. Make one with:\n"
        "  sudo modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=vivant\n"
        "(Debian and Ubuntu install it with: sudo apt install v4l2loopback-dkms)"
    ),
    "darwin": (
        "On macOS the virtual camera of OBS is used: install OBS 30 or newer "
        "(brew install --cask obs), press Start Virtual Camera in it once, allow its extension "
        "in the system settings, and close OBS."
    ),
    "win32": (
        "On Windows the virtual camera of OBS is used: install OBS (winget install "
        "OBSProject.OBSStudio), press Start Virtual Camera in it once, and close OBS."
    ),
}
_USED = (
    "Only one program can feed a virtual camera: close the one that does, such as OBS or another "
    "vivant live."
)


class VirtualCamera:
    """Feeds a virtual camera of the system."""

    name = "virtual camera"

    def __init__(
        self, canvas: Canvas, rate: float, *, device: str | None = None, backend: str | None = None
    ) -> None:
        """Open the virtual camera.

        Args:
            canvas: size of the pictures.
            rate: frames a second, a hint.
            device: its name or device file; without it, the first that is free.
            backend: name of a backend of pyvirtualcam; without it, the system's.

        Raises:
            MissingExtra: pyvirtualcam is not installed.
            CameraError: there is no virtual camera, or another program feeds it.
        """
        try:
            import pyvirtualcam
        except ModuleNotFoundError as error:
            raise MissingExtra(
                "a virtual camera needs the package pyvirtualcam: pip install 'vivant[live]'"
            ) from error
        try:
            self._camera: Any = pyvirtualcam.Camera(
                canvas.width, canvas.height, rate,
                fmt=pyvirtualcam.PixelFormat.RGB, device=device, backend=backend,
            )  # fmt: skip
        except (RuntimeError, KeyError) as error:
            raise CameraError(_explained(str(error), device)) from error
        self.device: str = self._camera.device
        """What other programs call it."""

    def show(self, shown: Shown) -> None:
        """Send a picture."""
        self._camera.send(shown.image)

    def close(self) -> None:
        """Let go of the device, so that the next start finds it."""
        self._camera.close()


def _explained(why: str, device: str | None) -> str:
    there = list(Path("/sys/devices/virtual/video4linux").glob("video*"))
    if sys.platform == "linux" and there:
        path = Path(device or f"/dev/{there[0].name}")
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            return (
                f"the virtual camera {path} cannot be used: become a member of the group video, "
                f"and log in again. ({why})"
            )
        return f"the virtual camera cannot be used. {_USED} ({why})"
    return f"there is no virtual camera yet. {_HELP.get(sys.platform, '')} ({why})"
