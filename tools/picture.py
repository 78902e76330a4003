"""Make the picture of the README, docs/images/demo.jpg, from the demo's own video.

`python tools/picture.py` animates the sample and shows four moments: the driver
above, the portrait as it came out, label and all, below.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

import vivant
from vivant import samples
from vivant.media import VideoReader, write_image

TARGET = Path(__file__).parent.parent / "docs" / "images" / "demo.jpg"
MOMENTS = (0, 33, 62, 128)
SIDE = 360
SHOWN = 270


def pictures(path: Path) -> list[np.ndarray]:
    """Return the frames at the moments."""
    with VideoReader(path) as reader:
        return [frame.image for frame in reader if frame.index in MOMENTS]


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "demo.mp4")
        vivant.animate_file(samples.portrait(), samples.driving(), made, consent="historical")
        results = pictures(made)
    drivers = [image[:, 250 : 250 + SIDE] for image in pictures(samples.driving())]
    height = round(SIDE * results[0].shape[0] / results[0].shape[1])
    size = (SIDE, height)
    shown = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in results]
    sheet = np.vstack([np.hstack(drivers), np.hstack(shown)])
    sheet = cv2.resize(sheet, None, fx=SHOWN / SIDE, fy=SHOWN / SIDE, interpolation=cv2.INTER_AREA)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    write_image(TARGET, sheet)
    print(f"{TARGET}: {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
