"""Measure how calm and quick the engine is; figures go to `results/steadiness.json`."""

from __future__ import annotations

import cv2
import numpy as np
from record import record

from vivant import samples
from vivant.media import VideoReader, read_image
from vivant.studies.steadiness import study_steadiness

SIDE = 512


def main() -> None:
    """Drive the sample portrait by the first frame of the sample driver."""
    portrait = np.ascontiguousarray(read_image(samples.portrait())[:SIDE, :SIDE])
    with VideoReader(samples.driving()) as reader:
        first = next(iter(reader)).image[:, 240:600]  # the face stands right of the middle
    still = cv2.resize(first, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    found = study_steadiness(portrait, still)
    figures = {
        "drawn landmarks under noise of sigma 2, standard deviation, pixels": found["jitter"],
        "the driver's own, unsmoothed, pixels": found["driver_jitter"],
        "frames after a step of 10 pixels until 90 % of it are drawn": int(
            found["frames_to_90_percent"]
        ),
    }
    record("steadiness", {"portrait and driver": f"{SIDE}x{SIDE}", **figures})


if __name__ == "__main__":
    main()
