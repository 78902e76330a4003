"""Measure the tracker: `python benchmarks/tracking.py`; figures go to `results/tracking.json`.

Agreement and steadiness need the folder of real clips, `VIVANT_DATA`; `--dense`
names a second reference of `mediapipe_reference.py` (made with `--step 10`).
Nothing else should run on the machine meanwhile; CPU times bear it better.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from record import record

from vivant import samples
from vivant.faces.identity import remember
from vivant.faces.track import FaceTracker, TrackerSettings
from vivant.media import VideoReader, read_image
from vivant.motion.smooth import smooth_face

REFERENCE = Path(__file__).parent.parent / "tests" / "faces" / "data" / "mediapipe_1_2_2.npz"
START = """
import time; begun = time.perf_counter()
from vivant.faces.track import FaceTracker
imported = time.perf_counter(); FaceTracker()
print(imported - begun, time.perf_counter() - imported)
"""


def main() -> None:
    """Measure all that can be measured here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dense", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tracker = FaceTracker()
    figures: dict[str, Any] = {
        "start, seconds": start(),
        "track, milliseconds a frame, one core, float32, scores and pose included": {
            f"{width}x{height}": speed(tracker, width, height)
            for width, height in ((512, 512), (1280, 720), (1920, 1080))
        },
        "still picture, noise sigma 2, standard deviation of landmarks": trembling(tracker),
    }
    folder = os.environ.get("VIVANT_DATA")
    if folder:
        clips = Path(folder) / "clips"
        references = {"first, middle and last frames": REFERENCE}
        if asked.dense:
            references["every tenth frame"] = asked.dense
        figures["agreement with mediapipe 1.2.2, IMAGE mode"] = {
            name: agreement(clips, path) for name, path in references.items()
        }
        figures["following compared with finding anew, % of eye distance"] = steadiness(
            tracker, clips
        )
    record("tracking", figures)


def start() -> dict[str, dict[str, float]]:
    """Import and load in a process of its own, without and with kept networks."""
    with tempfile.TemporaryDirectory() as folder:
        blocked = Path(folder, "file")
        blocked.write_text("in the way")

        def run(cache: Path) -> dict[str, float]:
            runs = []
            for _ in range(5):
                done = subprocess.run(
                    [sys.executable, "-c", START],
                    env={**os.environ, "VIVANT_CACHE": str(cache)},
                    capture_output=True,
                    text=True,
                    check=True,
                    preexec_fn=_all_cores if hasattr(os, "sched_setaffinity") else None,
                )
                runs.append([float(word) for word in done.stdout.split()])
            imported, loaded = np.median(runs, axis=0)
            return {"import": round(imported, 3), "load": round(loaded, 3)}

        run(Path(folder, "cache"))
        return {"without cache": run(blocked), "with cache": run(Path(folder, "cache"))}


def _all_cores() -> None:
    os.sched_setaffinity(0, range(os.cpu_count() or 1))


def speed(tracker: FaceTracker, width: int, height: int) -> dict[str, float]:
    """Follow the face of the sample driver, enlarged."""
    frames = []
    with VideoReader(samples.driving()) as reader:
        for frame in reader:
            image = frame.image[:, 240:600] if width == height else frame.image
            frames.append(cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC))
            if len(frames) == 80:
                break
    seen = tracker.detect(frames[0])
    wall, cpu = [], []
    for image in frames:
        clock, work = time.perf_counter(), time.process_time()
        seen = tracker.track(image, seen)
        wall.append(1e3 * (time.perf_counter() - clock))
        cpu.append(1e3 * (time.process_time() - work))
    return {
        "p10": _rounded(np.percentile(wall, 10)),
        "median": _rounded(np.median(wall)),
        "p90": _rounded(np.percentile(wall, 90)),
        "cpu median": _rounded(np.median(cpu)),
    }


def trembling(tracker: FaceTracker) -> dict[str, dict[str, float]]:
    """Follow a still picture under noise, before and after smoothing."""
    portrait = read_image(samples.portrait())[:512, :512]
    rows = {}
    for side in (512, 1024, 2048):
        still = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_CUBIC).astype(float)
        rng = np.random.default_rng(0)
        seen = tracker.detect(still.astype(np.uint8))
        state, raw, calm = None, [], []
        for index in range(75):
            noisy = np.clip(still + rng.normal(0, 2, still.shape), 0, 255).astype(np.uint8)
            seen = tracker.track(noisy, seen)
            state, smoothed = smooth_face(state, seen[0], Fraction(index, 25))
            raw.append(seen[0].landmarks[:, :2])
            calm.append(smoothed.landmarks[:, :2])
        before, after = (np.array(points)[25:].std(axis=0).mean() for points in (raw, calm))
        rows[f"{side}x{side}"] = {
            "face, pixels": round(seen[0].box[3]),
            "raw, pixels": _rounded(before, 4),
            "smoothed, pixels": _rounded(after, 4),
        }
    return rows


def agreement(clips: Path, path: Path) -> dict[str, Any]:
    """Find the face in each frame of a reference, as it comes and as vivant does by default."""
    with np.load(path) as file:
        reference = dict(file)
    theirs = reference["landmarks"][..., :2] / float(reference["unit"]) - 0.5
    scores = reference["scores"].astype(float)
    rows: dict[str, Any] = {"frames": len(theirs)}
    for name, refine in (("MediaPipe's own way (refine 0)", 0), ("default (refine 1)", 1)):
        tracker = FaceTracker(TrackerSettings(refine=refine))
        apart, ours = [], []
        for row, image in _frames(clips, reference):
            face = tracker.detect(image)[0]
            eyes = np.linalg.norm(theirs[row, 33] - theirs[row, 263])
            apart.append(
                100 * np.linalg.norm(face.landmarks[:, :2] - theirs[row], axis=1).mean() / eyes
            )
            ours.append((row, face.scores))
        order = [row for row, _ in ours]
        pairs = np.array([values for _, values in ours]).ravel(), scores[order].ravel()
        rows[name] = {
            "landmark distance, % of eye distance": _spread(apart),
            "scores, correlation": _rounded(np.corrcoef(*pairs)[0, 1], 4),
            "scores, mean absolute difference": _rounded(np.abs(pairs[0] - pairs[1]).mean(), 4),
        }
    return rows


def steadiness(tracker: FaceTracker, clips: Path) -> dict[str, Any]:
    """Follow every clip, and find the face anew in every fifth frame."""
    apart, frames, lost = [], 0, 0
    for clip in sorted(clips.glob("*.mp4")):
        held: tuple[Any, ...] = ()
        for index, image in _decoded(clip):
            seen = tracker.track(image, held)
            held = remember(held, seen)[:1]
            frames, lost = frames + 1, lost + (not seen)
            if index % 5 or not seen:
                continue
            anew = tracker.detect(image)[0].landmarks[:, :2]
            eyes = np.linalg.norm(anew[33] - anew[263])
            there = seen[0].landmarks[:, :2]
            apart.append(100 * np.linalg.norm(there - anew, axis=1).mean() / eyes)
    return {"frames": frames, "faces lost": lost, "distance": _spread(apart)}


def _frames(clips: Path, reference: dict[str, np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    for clip in sorted(set(reference["clip"])):
        own = np.flatnonzero(reference["clip"] == clip)
        rows = {int(reference["index"][row]): int(row) for row in own}
        yield from (
            (rows[index], image) for index, image in _decoded(clips / clip) if index in rows
        )


def _decoded(clip: Path) -> Iterator[tuple[int, np.ndarray]]:
    with av.open(str(clip)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            yield index, frame.to_ndarray(format="rgb24")


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "mean": _rounded(np.mean(values)),
        "p95": _rounded(np.percentile(values, 95)),
        "largest": _rounded(np.max(values)),
    }


def _rounded(value: Any, digits: int = 2) -> float:
    return round(float(value), digits)


if __name__ == "__main__":
    main()
