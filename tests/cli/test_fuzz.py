"""Damaged files never kill the program: one line, a code, nothing half-written."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import av
import pytest
from PIL import Image

from vivant import samples

VARIANTS = 24
"""Damaged variants of each file."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Five real files of five kinds, made from the samples."""
    folder = tmp_path_factory.mktemp("files")
    portrait, clip = folder / "face.jpg", folder / "clip.mp4"
    portrait.write_bytes(samples.portrait().read_bytes())
    clip.write_bytes(samples.driving().read_bytes())
    picture = Image.open(portrait).resize((128, 150))
    picture.save(folder / "face.png")
    picture.save(folder / "face.webp")
    with av.open(str(clip)) as given, av.open(str(folder / "clip.webm"), "w") as made:
        stream = made.add_stream("libvpx-vp9", rate=24, options={"cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index, frame in enumerate(given.decode(video=0)):
            if index == 24:
                break
            small = frame.reformat(width=320, height=180)
            small.pts = None
            made.mux(stream.encode(small))
        made.mux(stream.encode(None))
    return folder


def damaged(content: bytes, seed: int) -> Iterator[bytes]:
    """Yield cut, bit-flipped and overwritten variants, always the same for one seed."""
    chance = random.Random(seed)
    for number in range(VARIANTS):
        kind = number % 3
        if kind == 0:
            yield content[: chance.randrange(1, len(content))]
        elif kind == 1:
            bits = bytearray(content)
            for _ in range(chance.choice((1, 8, 64))):
                bits[chance.randrange(len(bits))] ^= 1 << chance.randrange(8)
            yield bytes(bits)
        else:
            start, size = chance.randrange(len(content)), chance.choice((4, 64, 512))
            noise = chance.randbytes(size)
            yield content[:start] + noise + content[start + size :]


def orderly(ran, path) -> None:
    """Hold that a run ended as it should, whatever it was given."""
    assert ran.code in (0, 1, 2)
    assert "a fault of vivant itself" not in ran.err
    assert "Traceback" not in ran.err
    if ran.out:
        json.loads(ran.out)
    else:
        assert ran.code != 0
        assert ran.err.startswith("vivant: ")
        assert path.name in ran.err


@pytest.mark.parametrize("name", ["face.jpg", "face.png", "face.webp", "clip.mp4", "clip.webm"])
def test_inspect_and_verify_end_orderly_on_damaged_files(run, files, tmp_path, name):
    path = tmp_path / f"damaged-{name}"
    for variant in damaged((files / name).read_bytes(), seed=len(name)):
        path.write_bytes(variant)
        orderly(run("inspect", path, "--json"), path)
        orderly(run("verify", path, "--json"), path)


def test_animate_ends_orderly_on_damaged_drivers_and_leaves_a_whole_file_or_none(
    run, files, tmp_path
):
    path, out = tmp_path / "damaged.mp4", tmp_path / "out.mp4"
    for variant in list(damaged((files / "clip.mp4").read_bytes(), seed=7))[:12]:
        path.write_bytes(variant)
        ran = run(
            "animate", files / "face.jpg", path, "-o", out, "--consent", "own", "--json",
            "--to", "0.5", "--frame", "crop", "--size", "128",
        )  # fmt: skip
        orderly(ran, path)
        if ran.code == 0:
            assert run("verify", out, "--json").data["intact"] is True
            out.unlink()
        assert list(tmp_path.iterdir()) == [path]
