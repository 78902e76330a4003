from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from vivant.marks import Claim, Consent, LabelSettings

FORMATS = (
    "clip.mp4",
    "clip.mov",
    "clip.webm",
    "still.png",
    "still.jpg",
    "moving.gif",
    "moving.webp",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has never run vivant."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VIVANT_HOME", str(folder))
    monkeypatch.delenv("VIVANT_CONSENT", raising=False)
    return folder


@pytest.fixture(autouse=True)
def unsearched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for no mark in pictures where a test is about something else: that takes seconds."""
    module = importlib.import_module("vivant.marks.verify")  # the function has its name
    about = f"{request.module.__name__} {request.node.name}"
    if "watermark" not in about:
        monkeypatch.setattr(module, "find", lambda *_, **__: None)
    if "label" not in about:
        monkeypatch.setattr(module, "find_label", lambda *_, **__: None)


def moving(frames: int, height: int, width: int) -> list[np.ndarray]:
    rows, columns = np.mgrid[:height, :width]
    return [
        np.stack(
            [(rows * 2 + 5 * i) % 256, (columns * 2) % 256, (rows + columns) % 256], -1
        ).astype(np.uint8)
        for i in range(frames)
    ]


def write_video(path: Path, frames: list[np.ndarray], codec: str) -> None:
    options = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one small file of each kind, unsigned."""
    folder = tmp_path_factory.mktemp("media")
    frames = moving(12, 96, 128)
    for name, codec in (
        ("clip.mp4", "libx264"),
        ("clip.mov", "libx264"),
        ("clip.webm", "libvpx-vp9"),
    ):
        write_video(folder / name, frames, codec)
    stills = [Image.fromarray(picture) for picture in frames]
    for name in ("still.png", "still.jpg"):
        stills[0].save(folder / name)
    for name in ("moving.gif", "moving.webp"):
        stills[0].save(folder / name, save_all=True, append_images=stills[1:])
    return folder


@pytest.fixture(params=FORMATS)
def name(request: pytest.FixtureRequest) -> str:
    """The name of each file in `media`, in turn."""
    return str(request.param)


@pytest.fixture
def make_claim() -> Callable[..., Claim]:
    """Build a claim; keyword arguments replace its parts."""

    def build(**parts: object) -> Claim:
        values: dict[str, object] = {
            "engine": "mesh",
            "engine_version": "1.2",
            "consent": Consent(kind="historical", given="option", when="2026-01-02T03:04:05+00:00"),
            "label": LabelSettings(),
            "portrait_image": moving(1, 400, 300)[0],
            "portrait_sha256": "ab" * 32,
            "driver_sha256": "cd" * 32,
        }
        return Claim(**{**values, **parts})  # type: ignore[arg-type]

    return build


@pytest.fixture
def claim(make_claim: Callable[..., Claim]) -> Claim:
    return make_claim()


@pytest.fixture
def signed(name: str, media: Path, claim: Claim, tmp_path: Path) -> Path:
    """Each kind of file, signed by vivant."""
    from vivant.marks import sign

    target = tmp_path / name
    sign(media / name, target, claim)
    return target


@pytest.fixture
def flip() -> Callable[..., None]:
    """Flip one bit of a file; by default near the end, where the pictures lie."""

    def change(path: Path, at: int = -60) -> None:
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    return change
