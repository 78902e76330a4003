"""Speed: what a frame costs, stage by stage and from file to file, engines side by side.

In each round every engine runs once, in turn, so that a machine that slows down
slows them all; what is told is the median over rounds. Stages are timed one by one
in this process on one core; from file to file runs the command line in a process
of its own, everything included: decoding, label, encoding and signing.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any, ClassVar, Final

import cv2
import numpy as np

from vivant.engines import Engine
from vivant.errors import VivantError
from vivant.faces.crop import crop_from_face, face_crop
from vivant.faces.track import FaceTracker
from vivant.marks import Label, LabelSettings
from vivant.media import VideoReader, VideoWriter, read_image, write_image
from vivant.studies import clips, inputs
from vivant.studies.drive import ready
from vivant.studies.inputs import Item
from vivant.studies.report.parts import Part
from vivant.studies.settings import SpeedSettings
from vivant.studies.speed import report as speedreport
from vivant.studies.study import Done, Job, Method, Outcome
from vivant.types import Face, Frame, Motion

FROM_FILE: Final = ("frames_per_second", "seconds_to_first_frame", "peak_rss_mb")
"""What the command line tells of a run."""
_RATE: Final = Fraction(25)
"""For drivers that do not tell theirs."""
STAGES: Final = ("track", "motion", "relative", "render", "paste", "label")


@dataclass(frozen=True)
class SpeedStudy:
    """The study of one portrait and one driver; see the module."""

    name: ClassVar[str] = "speed"
    title: ClassVar[str] = "Speed"
    portrait: Item
    driver: Item
    methods: tuple[Method, ...]
    settings: SpeedSettings

    @classmethod
    def of(
        cls,
        portraits: Path,
        drivers: Path,
        methods: Sequence[Method],
        settings: SpeedSettings | None = None,
    ) -> SpeedStudy:
        """Return the study of the first portrait and driver of two folders or manifests.

        Raises:
            PathRefused: one is missing or holds none of what is wanted.
        """
        sitter = inputs.find(portraits, clips.PICTURES, "portrait")[0]
        performer = inputs.find(drivers, clips.VIDEOS, "clip")[0]
        return cls(sitter, performer, tuple(methods), settings or SpeedSettings())

    def inputs(self) -> list[dict[str, Any]]:
        """Return portrait and driver."""
        return [self.portrait.plain("portrait"), self.driver.plain("driver")]

    def jobs(self) -> list[Job]:
        """Return a job for each size, number of threads and round."""
        both = (self.portrait, self.driver)
        return [
            Job(f"{size}px-{threads}threads-round{turn}", both,
                (("size", size), ("threads", threads), ("round", turn)))
            for size in self.settings.sizes
            for threads in self.settings.threads
            for turn in range(self.settings.rounds)
        ]  # fmt: skip

    def open(self) -> dict[str, Engine]:
        """Load the engines."""
        return {method.label: method.open() for method in self.methods}

    def measure(self, tools: Mapping[str, Engine], job: Job) -> Outcome:
        """Measure every engine once, in turn.

        Raises:
            VivantError: an engine cannot animate the portrait.
        """
        size, threads, turn = job["size"], job["threads"], job["round"]
        outcome = Outcome()
        with tempfile.TemporaryDirectory(prefix="vivant-speed-") as scratch:
            files = _written(self.portrait, self.driver, size, self.settings.frames, Path(scratch))
            order = list(self.methods)
            first = turn % len(order)
            for method in order[first:] + order[:first]:  # nobody is always the first
                whole = _from_file(method, files, threads, Path(scratch))
                stages = _stages(tools[method.label], files, self.settings.frames)
                outcome.add(method.label, {
                    "identity": f"round {turn}", "size": size, "threads": threads, "round": turn,
                    "from_file": whole, "stages_ms": stages,
                })  # fmt: skip
        return outcome

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return the measures; they stand in the study's own tables, by size and threads."""
        return speedreport.METRICS

    def not_measured(self) -> dict[str, str]:
        """Return nothing: all can be measured everywhere."""
        return {}

    def whole(self, done: Sequence[Done]) -> dict[str, dict[str, float]]:
        """Return nothing: sizes have no mean."""
        return {}

    def extra(self, done: Sequence[Done]) -> dict[str, Any]:
        """Return medians by engine, size and threads."""
        return speedreport.extra([row for one in done for row in one.outcome.rows])

    def parts(self, plain: Mapping[str, Any], done: Sequence[Done]) -> list[Part]:
        """Return what the report shows first."""
        return speedreport.parts(plain)


def _written(
    portrait: Item, driver: Item, size: int, count: int, folder: Path
) -> tuple[Path, Path]:
    """Write the portrait and a driver of so many frames, the longer side `size` pixels."""
    picture, film = folder / f"portrait-{size}.png", folder / f"driver-{size}.mp4"
    write_image(picture, _scaled(read_image(portrait.path), size))
    with VideoReader(driver.path) as reader:
        frames = list(islice(reader, count))
        rate = reader.info.rate or _RATE
    there_and_back = [*frames, *frames[-2:0:-1]]  # short clips play forwards and backwards
    images = [_scaled(frame.image, size) for frame in there_and_back]
    height, width = images[0].shape[:2]
    with VideoWriter(film, width=width, height=height, rate=rate) as writer:
        for index, image in enumerate(islice(cycle(images), count)):
            writer.write(Frame(image, index, index / rate))
    return picture, film


def _scaled(image: np.ndarray, size: int) -> np.ndarray:
    """Return a picture whose longer side is `size` pixels, both sides even."""
    scale = size / max(image.shape[:2])
    shape = [max(2, 2 * round(side * scale / 2)) for side in (image.shape[1], image.shape[0])]
    return np.asarray(cv2.resize(image, shape, interpolation=cv2.INTER_AREA))


def _from_file(
    method: Method, files: tuple[Path, Path], threads: int, folder: Path
) -> dict[str, float | None]:
    """Run the command line once; return what it tells."""
    words = [sys.executable, "-m", "vivant", "animate", *map(str, files), "--json",
             "--output", str(folder / "out.mp4"), "--consent", "fictional",
             "--engine", method.name, "--threads", str(threads)]  # fmt: skip
    words += [f"--{method.name}.{name}={value}" for name, value in method.settings]
    allowed = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(  # noqa: S603 - this program itself
        words, capture_output=True, text=True, check=False, env=allowed
    )
    if done.returncode:
        raise VivantError(f"vivant animate with {method.label} failed: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    return {name: told[name] for name in FROM_FILE}


def _stages(engine: Engine, files: tuple[Path, Path], count: int) -> dict[str, float]:
    """Return the median milliseconds of each stage over the frames, on one core."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return _staged(engine, files, count)
    finally:
        cv2.setNumThreads(threads)


def _staged(engine: Engine, files: tuple[Path, Path], count: int) -> dict[str, float]:
    image, tracker = read_image(files[0]), FaceTracker()
    portrait = ready(image, engine, tracker, "the portrait")
    engine, encoded = portrait.engine, portrait.encoded
    label = Label(LabelSettings(), image.shape[1], image.shape[0])
    spent: dict[str, list[float]] = {name: [] for name in STAGES}
    faces: tuple[Face, ...] = ()
    reference: Motion | None = None
    for frame in clips.read_frames(files[1], count, 10_000):
        with _timed(spent["track"]):
            faces = tracker.track(frame.image, faces)
        if not faces:
            continue
        with _timed(spent["motion"]):
            place = crop_from_face(faces[0], engine.crop, engine.size, frame.image.shape)
            motion = engine.motion(face_crop(frame.image, faces[0], place, engine.size))
        reference = reference or motion
        with _timed(spent["relative"]):
            carried = engine.relative(encoded, reference, motion)
        with _timed(spent["render"]):
            (drawn,) = engine.render(encoded, [carried])
        with _timed(spent["paste"]):
            shown = portrait.show(drawn)
        with _timed(spent["label"]):
            label.draw(shown, portrait.faces(carried))
    if reference is None:
        raise VivantError(f"no face found in {count} frames of the driver")
    return {name: statistics.median(times) for name, times in spent.items()}


@contextmanager
def _timed(spent: list[float]) -> Iterator[None]:
    """Note the milliseconds that the block takes."""
    begun = time.perf_counter()
    yield
    spent.append(1e3 * (time.perf_counter() - begun))
