"""Measure reading and writing of video alone: `python benchmarks/media.py [--long SECONDS]`.

Rates of decoding through the child process, cost of encoding, time to the first frame,
and peak memory (child processes included) of copying a short and a long clip.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from inputs import driver
from record import record

from vivant.media import VideoReader, VideoWriter

SIZES = {"512x512": (512, 512), "1280x720": (1280, 720)}
COPY = """
import json, resource, sys
from vivant.media import VideoReader, VideoWriter
with VideoReader(sys.argv[1]) as reader:
    info = reader.info
    with VideoWriter(sys.argv[2], width=info.width, height=info.height, rate=info.rate,
                     audio=sys.argv[1]) as writer:
        for frame in reader:
            writer.write(frame)
status = open("/proc/self/status").read()  # getrusage would count who started this, too
own = int(status.split("VmHWM:")[1].split()[0])
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"own_mb": own // 1024, "largest_child_mb": child // 1024}))
"""


def reading(path: Path) -> dict[str, float]:
    """Read a clip once."""
    begun, used = time.perf_counter(), time.process_time()
    with VideoReader(path) as reader:
        next(reader)
        first = time.perf_counter() - begun
        count = sum(1 for _ in reader)
    took = time.perf_counter() - begun - first
    return {
        "seconds_to_first_frame": first,
        "frames_per_second": count / took,
        "own_cpu_ms_a_frame": (time.process_time() - used) / count * 1000,
    }


def writing(source: Path, target: Path) -> float:
    """Return the milliseconds of one core that a written frame costs."""
    with VideoReader(source) as reader:
        info = reader.info
        frames = [next(reader) for _ in range(200)]
    used = time.process_time()
    with VideoWriter(target, width=info.width, height=info.height, rate=info.rate) as writer:
        for frame in frames:
            writer.write(frame)
    return (time.process_time() - used) / len(frames) * 1000


def memory(source: Path, target: Path) -> dict[str, Any]:
    """Copy a clip in a process of its own and return its peak memory (on Linux)."""
    done = subprocess.run(
        [sys.executable, "-c", COPY, str(source), str(target)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {key: round(statistics.median(run[key] for run in runs), 3) for key in runs[0]}


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", type=float, default=600, help="seconds of the long clip")
    long = parser.parse_args().long
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size, (width, height) in SIZES.items():
            path = driver(folder, width, height, 20)
            figures[size] = median([reading(path) for _ in range(5)])
            for suffix in ("mp4", "webm"):
                costs = [writing(path, folder / f"out.{suffix}") for _ in range(3)]
                figures[size][f"cpu_ms_a_written_{suffix}_frame"] = round(min(costs), 2)
        for seconds in (20.0, long):
            path = driver(folder, 1280, 720, seconds)
            figures[f"memory of copying {seconds:g} s of 1280x720"] = memory(
                path, folder / "copy.mp4"
            )
    record("media", figures)


if __name__ == "__main__":
    main()
