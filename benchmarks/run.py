"""Measure vivant: `python benchmarks/run.py [speed] [stages] [start] [memory]`.

Each writes its figures to `benchmarks/results/`. Nothing else should run on the
machine meanwhile. `memory` animates a whole hour of video and takes about a
quarter of one; `--hour SECONDS` stands for another length.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from inputs import driver, portrait
from record import record

FOMM_SECONDS_A_FRAME = 0.73
"""First Order Motion Model at 256x256 on two such cores, PyTorch, float32."""


def vivant(*words: str) -> dict[str, Any]:
    """Run the command line and return what `--json` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "vivant", *words, "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "VIVANT_CONSENT": "historical"},
    )
    return json.loads(done.stdout)


def animate(folder: Path, picture: Path, driving: Path) -> dict[str, Any]:
    """Animate once, everything included."""
    return vivant("animate", str(picture), str(driving), "-o", str(folder / "out.mp4"))


def speed(folder: Path) -> None:
    """End to end: decode, track, draw, label, encode, sign."""
    cases = {}
    for side in (512, 1080):
        picture = portrait(folder, side)
        driving = driver(folder, 512, 512, 30)
        runs = [animate(folder, picture, driving) for _ in range(3)]
        rates = [run["frames_per_second"] for run in runs]
        cases[f"driver 512x512, portrait {side}x{side}"] = {
            "frames": runs[0]["frames"],
            "frames_per_second": {"median": statistics.median(rates), "all": rates},
            "peak_rss_mb": max(run["peak_rss_mb"] for run in runs),
        }
    rate = cases["driver 512x512, portrait 512x512"]["frames_per_second"]["median"]
    ratio = round(rate * FOMM_SECONDS_A_FRAME, 1)
    record("speed", {"cases": cases, "times_as_fast_as_fomm_256": ratio})


def timed(work: Callable[[], object], repeat: int = 60) -> dict[str, float]:
    """Milliseconds that `work` takes."""
    spent = []
    for _ in range(repeat):
        begun = time.perf_counter()
        work()
        spent.append(1e3 * (time.perf_counter() - begun))
    return {
        "median_ms": round(statistics.median(spent), 2),
        "p95_ms": round(float(np.percentile(spent, 95)), 2),
    }


def stages(folder: Path) -> None:
    """The stages of a frame one by one, each on one core."""
    import cv2

    from vivant.animation.driving import observe
    from vivant.animation.portrait import prepare
    from vivant.animation.settings import AnimateSettings
    from vivant.engines import open_engine
    from vivant.faces.track import FaceTracker
    from vivant.marks import Label, LabelSettings
    from vivant.media import VideoReader, read_image
    from vivant.motion.stream import Stream

    cv2.setNumThreads(1)
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if allowed is not None:
        os.sched_setaffinity(0, {min(allowed)})
    settings = AnimateSettings()
    image = read_image(portrait(folder))
    with VideoReader(driver(folder, 512, 512, 30)) as reader:
        frames = [frame for frame, _ in zip(reader, range(90), strict=False)]
    tracker = FaceTracker()
    ready = prepare(image, open_engine("mesh"), tracker, settings)
    faces = tracker.detect(frames[0].image)
    pictures = iter([frame.image for frame in frames])
    figures: dict[str, Any] = {}

    def track() -> None:
        nonlocal faces
        faces = tracker.track(next(pictures), faces)

    figures["track"] = timed(track, 80)
    seen = [item.motion for item in observe(frames, ready, tracker, settings, Stream())]
    motions = [ready.engine.relative(ready.encoded, seen[0], motion) for motion in seen]
    turn = iter(seen)
    figures["relative"] = timed(
        lambda: ready.engine.relative(ready.encoded, seen[0], next(turn)), 80
    )
    order = iter(motions)

    def draw() -> None:
        (drawn,) = ready.engine.render(ready.encoded, [next(order)])
        ready.show(drawn)

    figures["render and paste"] = timed(draw, 80)
    label = Label(LabelSettings(), 512, 512, avoid=ready.box)
    figures["label"] = timed(lambda: label.draw(frames[0].image))
    figures["crop side, pixels"] = ready.engine.size
    if allowed is not None:
        os.sched_setaffinity(0, allowed)
    record("stages", {"one core, driver and portrait 512x512": figures})


def start(folder: Path) -> None:
    """From the command to its answer, whole processes."""
    picture, driving = portrait(folder), driver(folder, 512, 512, 30)

    def process(*words: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "vivant", *words], capture_output=True, check=True)
        return time.perf_counter() - begun

    runs = [animate(folder, picture, driving) for _ in range(5)]
    help_runs = [process("--help") for _ in range(7)]
    first = [run["seconds_to_first_frame"] for run in runs]
    record(
        "start",
        {
            "vivant --help, seconds": round(statistics.median(help_runs), 3),
            "animate to first frame, seconds": {
                "median": round(statistics.median(first), 3),
                "all": first,
            },
        },
    )


def memory(folder: Path, seconds: float) -> None:
    """Peak memory, children included, of a minute and of an hour at 1280x720.

    At 10 frames/s, so that the hour is done in a quarter of one.
    """
    picture = portrait(folder)
    figures = {}
    for length in (60.0, seconds):
        driving = driver(folder, 1280, 720, length, Fraction(10))
        done = animate(folder, picture, driving)
        figures[f"{length:g} s at 1280x720, 10 frames/s"] = {
            name: done[name] for name in ("frames", "frames_per_second", "peak_rss_mb")
        }
    peaks = [figure["peak_rss_mb"] for figure in figures.values()]
    record("memory", {"cases": figures, "ratio": round(peaks[1] / peaks[0], 3)})


def main() -> None:
    """Run what is asked for; without words, everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help="speed, stages, start, memory")
    parser.add_argument("--hour", type=float, default=3600.0, help="length of the long driver")
    words = parser.parse_args()
    known: dict[str, Callable[[Path], None]] = {
        "speed": speed,
        "start": start,
        "memory": lambda folder: memory(folder, words.hour),
        "stages": stages,
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in words.what or known:
            known[name](Path(folder))


if __name__ == "__main__":
    main()
