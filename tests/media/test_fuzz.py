"""Hundreds of truncated and bit-flipped files: frames or one of our errors, in bounded time.

The cases run in the children's own code, many in one process, because a process for each
would take minutes. Where such a process dies, the case that killed it must come out of
`VideoReader` or `read_image` as an error like any other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vivant.errors import VivantError
from vivant.media import VideoReader, read_image

CASES = 100
"""Variants of each file."""
SECONDS = 20
"""Longest time of one case, on a machine that does other things too."""
OURS = ("AttributeError", "NameError", "UnboundLocalError", "AssertionError", "KeyError")
"""Errors that would be mistakes of ours, not of the file."""


def variant(data: bytes, seed: int) -> bytes:
    """Return `data` cut off (a third of the seeds) or with some bytes or bits changed."""
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        return data[: int(len(data) * rng.random())]
    changed = bytearray(data)
    reach = 600 if seed % 3 == 1 else len(data)  # headers break more than pixels do
    for _ in range(int(rng.integers(1, 40))):
        place = int(rng.integers(0, min(reach, len(data))))
        changed[place] = int(rng.integers(0, 256)) if seed % 2 else changed[place] ^ (1 << seed % 8)
    return bytes(changed)


BATCH = """
import sys
from pathlib import Path
import importlib.util
spec = importlib.util.spec_from_file_location("cases", sys.argv[1])
cases = importlib.util.module_from_spec(spec)
sys.modules["cases"] = cases
spec.loader.exec_module(cases)
cases.work(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
"""


@dataclass
class Sink:
    """Takes what a child would send; leaves early, as a reader may."""

    messages: int = 0
    frames: int = 0
    error: str = ""

    def send(self, kind, payload=b"", number=0, at=Fraction(0)):
        self.messages += 1
        self.frames += kind == b"F"
        if self.messages > 300:
            raise BrokenPipeError

    def send_plain(self, kind, plain):
        if kind == b"E":
            self.error = f"{plain['type']}: {plain['message']}"


def work(source: Path, place: Path, first: int, last: int) -> None:
    """Try the variants `first` to `last` and print one JSON line for each."""
    import faulthandler

    from vivant.media import _child

    _child._restrict(place.parent)
    data = source.read_bytes()
    for seed in range(first, last):
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        place.write_bytes(variant(data, seed))
        told = []
        for task in ("video", "sound"):
            sink = Sink()
            job = {
                "task": task,
                "path": str(place),
                "start": None,
                "end": None,
                "rate": None,
                "container": "mp4",
                "holds": ["aac"] if seed % 2 else [],
                "encoder": "aac",
            }
            try:
                _child.run(job, sink)
            except BrokenPipeError:
                sink.error = "stopped"
            told.append([sink.frames, sink.error])
        try:
            read_image(place)
            still = ""
        except VivantError as error:
            still = f"{type(error).__name__}: {error}"
        sys.stdout.write(json.dumps([seed, *told, still]) + "\n")
        sys.stdout.flush()


@pytest.fixture(scope="module")
def sources(tmp_path_factory, request) -> dict[str, Path]:
    """Make the five kinds of files that get damaged, and add real ones where there are any."""
    folder = tmp_path_factory.mktemp("fuzz")
    conftest = sys.modules[next(n for n in sys.modules if n.endswith("media.conftest"))]
    make, recipe = conftest.make, conftest.Recipe
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    pictures = [Image.fromarray(np.roll(noise, n, axis=1)) for n in range(4)]
    pictures[0].save(folder / "a.gif", save_all=True, append_images=pictures[1:], duration=40)
    pictures[0].save(folder / "a.jpg")
    pictures[0].save(folder / "a.png")
    made = {
        "mp4": make(folder / "a.mp4", recipe(sound="aac", container={"movflags": "faststart"})),
        "webm": make(folder / "a.webm", recipe(codec="libvpx-vp9", sound="libopus")),
        "mpeg": make(folder / "a.mpg", recipe(codec="mpeg1video", sound="mp2")),
        "gif": folder / "a.gif",
        "jpeg": folder / "a.jpg",
        "png": folder / "a.png",
    }
    real = os.environ.get("VIVANT_DATA")
    if real:
        for path in sorted((Path(real) / "raw").glob("*")):
            if path.stat().st_size < 500_000 and path.suffix in (".mpg", ".jpg"):
                made.setdefault(f"real {path.suffix[1:]}", path)
    return made


def run_cases(source: Path, place: Path) -> tuple[dict[int, list], list[int]]:
    """Return what each case said, and the cases that killed their process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said: dict[int, list] = {}
    died: list[int] = []
    first = 0
    while first < CASES:
        command = [sys.executable, "-c", BATCH, __file__, str(source), str(place)]
        batch = subprocess.run(
            [*command, str(first), str(CASES)],
            capture_output=True, text=True, env=environment, timeout=600, check=False,
        )  # fmt: skip
        for line in batch.stdout.splitlines():
            seed, *rest = json.loads(line)
            said[seed] = rest
            first = seed + 1
        if batch.returncode:
            assert "Timeout" not in batch.stderr, f"case {first} hangs:\n{batch.stderr}"
            assert "Traceback" not in batch.stderr, f"case {first}:\n{batch.stderr}"
            died.append(first)
            first += 1
    return said, died


@pytest.mark.parametrize("kind", ["mp4", "webm", "mpeg", "gif", "jpeg", "png", "real mpg"])
def test_damaged_files_give_frames_or_our_errors(sources, tmp_path, kind):
    if kind not in sources:
        pytest.skip("needs real files: set VIVANT_DATA to their folder")
    said, died = run_cases(sources[kind], tmp_path / "a.bin")
    assert len(said) + len(died) == CASES
    for seed, (video, sound, still) in said.items():
        assert video[0] or video[1], f"case {seed} gave neither frames nor an error"
        for told in (video[1], sound[1], still):
            assert not any(name in told for name in OURS), f"case {seed}: {told}"
    for seed in [*died[:5], *range(0, CASES, CASES // 4)]:
        path = tmp_path / "b.bin"
        path.write_bytes(variant(sources[kind].read_bytes(), seed))
        told = [error_of(read_video, path), error_of(read_image, path)]
        assert all(message == "" or "b.bin" in message for message in told)


def read_video(path):
    with VideoReader(path) as reader:
        return sum(1 for _ in reader)


def error_of(read, path) -> str:
    """Return what one of our errors says, or "" where there is none; any other error fails."""
    try:
        read(path)
    except VivantError as error:
        return str(error)
    return ""
