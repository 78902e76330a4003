"""Record what the `mediapipe` package finds on the clips, for the agreement test.

`mediapipe` is no dependency of vivant. Run this in a virtual environment of its
own that holds only `mediapipe==1.2.2` and `av==18.1.0`:

    python benchmarks/mediapipe_reference.py "$VIVANT_DATA/clips" \
        --bundle src/vivant/weights/files/face_landmarker.task \
        --out tests/faces/data/mediapipe_1_2_2.npz

IMAGE mode, one face, thresholds at their defaults, nothing smoothed. `--step 10`
takes every tenth frame (from 0) instead of the first, middle and last ones.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

UNIT = 100
"""Landmarks are stored as int16, in hundredths of a pixel."""


def main() -> None:
    """Run the package over every clip and write one .npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--step", type=int)
    asked = parser.parse_args()
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(asked.bundle)),
        running_mode=vision.RunningMode.IMAGE,
        num_faces=1,
        output_face_blendshapes=True,
    )
    clips, indices, found, landmarks, scores = [], [], [], [], []
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for path in sorted(asked.clips.glob("*.mp4")):
            for index, image in wanted_frames(path, asked.step):
                points, values = look(landmarker, image)
                clips.append(path.name)
                indices.append(index)
                found.append(points is not None)
                landmarks.append(np.zeros((478, 3)) if points is None else points)
                scores.append(np.zeros(52) if values is None else values)
    np.savez_compressed(
        asked.out,
        clip=np.array(clips),
        index=np.array(indices, np.int16),
        found=np.array(found),
        landmarks=np.round(np.array(landmarks) * UNIT).astype(np.int16),
        scores=np.array(scores, np.float16),
        unit=np.array(UNIT, np.int16),
    )
    print(f"{asked.out}: {len(clips)} frames, a face in {sum(found)}")


def wanted_frames(path: Path, step: int | None) -> list[tuple[int, np.ndarray]]:
    """Return (index, RGB picture) of the frames to look at."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    last = len(frames) - 1
    chosen = range(0, len(frames), step) if step else sorted({0, last // 2, last})
    return [(index, frames[index]) for index in chosen]


def look(
    landmarker: vision.FaceLandmarker, image: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return landmarks (478, 3), normalised * width or height as they come, and scores (52,)."""
    picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image))
    result = landmarker.detect(picture)
    if not result.face_landmarks:
        return None, None
    height, width = image.shape[:2]
    points = [(p.x * width, p.y * height, p.z * width) for p in result.face_landmarks[0]]
    return np.array(points), np.array([entry.score for entry in result.face_blendshapes[0]])


if __name__ == "__main__":
    main()
