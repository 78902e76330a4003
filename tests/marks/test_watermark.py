"""The invisible watermark is found again after what happens to files, and only where it is."""

from __future__ import annotations

import functools
import importlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.cli import main
from vivant.errors import DamagedMedia, PathRefused, SettingsError, ShapeError
from vivant.marks import Imprint, find, new_id, sign, verify
from vivant.marks.claim import WATERMARK
from vivant.marks.reading import read
from vivant.marks.watermark_search import SMALLEST, false_alarm, threshold
from vivant.media import VideoReader, VideoWriter, read_image, write_image
from vivant.types import Frame

ID, OTHER = "0123456789abcdef", "fedcba9876543210"
Pictures = list[np.ndarray]


@cache
def portrait() -> np.ndarray:
    """The sample's portrait, 512 pixels wide."""
    image = read_image(samples.portrait())
    return cv2.resize(
        image, (512, round(512 * image.shape[0] / image.shape[1])), interpolation=cv2.INTER_AREA
    )


@cache
def clip() -> tuple[np.ndarray, ...]:
    """Three seconds of the sample's performer, cut to a square of 512 pixels a side."""
    with VideoReader(samples.driving()) as reader:
        squares = (frame.image[:, 140:500] for frame in islice(reader, 75))
        return tuple(cv2.resize(square, (512, 512)) for square in squares)


@cache
def marked() -> tuple[np.ndarray, ...]:
    """The clip as vivant writes it: marked, H.264."""
    imprint = Imprint(ID)
    return tuple(coded([imprint.on_picture(image) for image in clip()], crf=19))


def coded(pictures: Pictures, *, crf: int, rate: int = 25, codec: str = "libx264") -> Pictures:
    """Encode and decode."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        options = {"crf": str(crf), "preset": "veryfast"}
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width = (side // 2 * 2 for side in pictures[0].shape[:2])
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            even = np.ascontiguousarray(picture[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def scaled(pictures: Pictures, share: float) -> Pictures:
    return [
        cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        for picture in pictures
    ]


def letterboxed(picture: np.ndarray) -> np.ndarray:
    return cv2.copyMakeBorder(picture, 100, 100, 0, 0, cv2.BORDER_CONSTANT)


def screenshot(pictures: Pictures) -> Pictures:
    _, data = cv2.imencode(".jpg", pictures[30], [cv2.IMWRITE_JPEG_QUALITY, 60])
    return [cv2.imdecode(data, cv2.IMREAD_COLOR)]


ATTACKS: dict[str, Callable[[Pictures], Pictures]] = {
    "as written": lambda p: p,
    "H.264 crf 28": lambda p: coded(p, crf=28),
    "HEVC crf 28": lambda p: coded(p, crf=28, codec="libx265"),
    "half size": lambda p: coded(scaled(p, 0.5), crf=23),
    "double size": lambda p: scaled(p[:40], 2),
    "cropped": lambda p: [picture[77:435, 60:418] for picture in p],
    "letterboxed": lambda p: [letterboxed(picture) for picture in p],
    "mirrored": lambda p: [picture[:, ::-1] for picture in p],
    "brighter": lambda p: [cv2.convertScaleAbs(picture, alpha=1.1, beta=12) for picture in p],
    "fewer frames": lambda p: coded(p[::2], crf=23, rate=12),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_id_is_read_after(attack):
    found = find(ATTACKS[attack](list(marked())))
    assert found is not None
    assert found.id == ID
    assert found.mirrored == (attack == "mirrored")
    assert found.confidence > 1 - 1e-6


@pytest.mark.parametrize(
    "attack", [lambda p: coded(p, crf=32), screenshot, lambda p: coded(scaled(p, 0.4), crf=20)]
)
def test_its_presence_survives_even_more(attack):
    found = find(attack(list(marked())))
    assert found is not None
    assert found.id in (ID, None)


@pytest.mark.parametrize("source", [portrait, lambda: clip()[0]])
def test_a_single_marked_picture_tells_its_id(source):
    found = find([Imprint(ID).on_picture(source())])
    assert found is not None
    assert found.id == ID


def test_nothing_is_found_where_no_mark_is():
    assert find([portrait()]) is None
    assert find(list(clip())[::3]) is None
    assert find(samples.driving()) is None
    grain = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    assert find([grain]) is None
    stripes = np.tile(np.uint8([0, 255]).repeat(8), (320, 20))[..., None].repeat(3, 2)
    assert find([stripes]) is None


def test_flat_pictures_are_marked_faintly_and_searched_in_peace():
    for grey in (0, 128, 255):
        flat = np.full((240, 320, 3), grey, np.uint8)
        assert find([flat]) is None
        change = np.abs(Imprint(ID).on_picture(flat).astype(int) - grey)
        assert change.max() <= 5
    assert find([Imprint(ID).on_picture(np.full((240, 320, 3), 128, np.uint8))])


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (16, 16), (63, 200), (33, 1000)])
def test_a_tiny_picture_fails_nowhere(shape):
    image = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    marked = Imprint(ID).on_picture(image)
    assert marked.shape == image.shape
    assert find([marked]) is None  # under the smallest size that is searched
    assert min(shape) < SMALLEST


@pytest.mark.parametrize("size", [(301, 403), (257, 255), (720, 405), (128, 640)])
def test_odd_sizes_and_shapes_carry_it(size):
    image = cv2.resize(portrait(), size)
    found = find([Imprint(ID).on_picture(image)])
    assert found is not None
    assert found.id == ID


@pytest.mark.parametrize(
    "name", ["a.mp4", "a.webm", "a.gif", "frames", "a.png", "a.jpg", "a.webp", "odd.mp4"]
)
def test_every_kind_of_output_carries_it(name, tmp_path):
    path = tmp_path / name
    pictures = [image[:-1, :-1] if name == "odd.mp4" else image for image in clip()[:25]]
    if path.suffix in (".png", ".jpg", ".webp"):
        pictures = pictures[:1]
    height, width = pictures[0].shape[:2]
    with VideoWriter(
        path, width=width, height=height, rate=Fraction(25), marker=Imprint(ID)
    ) as writer:
        for index, picture in enumerate(pictures):
            before = picture.copy()
            writer.write(Frame(np.ascontiguousarray(picture), index, Fraction(index, 25)))
            assert np.array_equal(picture, before)
    found = find(path)
    assert found is not None
    assert found.id == ID


def test_what_was_marked_twice_tells_both_ids():
    once = [Imprint(OTHER).on_picture(image) for image in clip()[:25]]
    twice = coded([Imprint(ID).on_picture(image) for image in once], crf=19)
    found = find(twice)
    assert found is not None
    assert {found.id, *found.others} == {ID, OTHER}


def test_a_moved_portrait_that_was_marked_tells_the_new_id_first():
    before = [np.roll(Imprint(OTHER).on_picture(image), 3 * i, 1) for i, image in enumerate(clip())]
    found = find([Imprint(ID).on_picture(image) for image in before[:40]])
    assert found is not None
    assert found.id == ID


def test_the_same_id_gives_the_same_pixels_and_another_id_others():
    first, again = (Imprint(ID).on_picture(portrait()) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, Imprint(OTHER).on_picture(portrait()))


def test_threads_may_share_an_imprint():
    imprint = Imprint(ID)
    pictures = [portrait(), clip()[0], clip()[40][:300]] * 4
    alone = [Imprint(ID).on_picture(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(imprint.on_picture, pictures))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_the_mark_keeps_to_what_the_eye_forgives():
    from skimage.metrics import structural_similarity

    for image in (portrait(), clip()[0]):
        changed = Imprint(ID).on_picture(image)
        error = float(np.mean((changed.astype(float) - image) ** 2))
        assert 10 * np.log10(255**2 / error) >= 41
        assert structural_similarity(image, changed, channel_axis=2) >= 0.985


def test_ids_are_random_and_of_one_form():
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    for wrong in ("", "0" * 15, "0" * 17, "G" * 16, ID.upper()):
        with pytest.raises(SettingsError, match="16 lower-case hex digits"):
            Imprint(wrong)
    assert all(Imprint(one).id == one for one in ids)


def test_the_threshold_counts_everything_that_is_tried():
    assert false_alarm(threshold()) == pytest.approx(1e-7)
    assert threshold(5) > threshold()
    assert false_alarm(0) == 1


def test_what_is_no_media_is_refused(tmp_path: Path):
    with pytest.raises(PathRefused):
        find(tmp_path / "missing.mp4")
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(DamagedMedia):
        find(tmp_path / "empty.png")
    with pytest.raises(ShapeError):
        find([np.zeros((64, 64), np.uint8)])


def test_a_clip_that_breaks_off_is_searched_up_to_there(tmp_path: Path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "19"})
        stream.height = stream.width = 512
        for image in marked():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = find(path)
    assert found is not None
    assert found.id == ID


def test_a_marked_part_of_a_long_clip_is_found(tmp_path: Path):
    path = tmp_path / "long.mp4"
    with VideoWriter(path, width=512, height=512, rate=Fraction(5)) as writer:
        plain, signed = clip()[::5], marked()[::5]
        for index in range(100):
            image = (plain if index < 70 else signed)[index % 15]
            writer.write(Frame(image, index, Fraction(index, 5)))
    found = find(path)
    assert found is not None
    assert found.id == ID


def test_a_search_that_its_clock_ended_says_so(tmp_path: Path, monkeypatch):
    path = tmp_path / "plain.mp4"
    with VideoWriter(path, width=512, height=512, rate=Fraction(5)) as writer:
        for index, image in enumerate(clip()[:5]):
            writer.write(Frame(image, index, Fraction(index, 5)))
    cut: list[str] = []
    assert find(path, seconds=0, when_cut=lambda: cut.append("cut")) is None
    assert find(path, when_cut=lambda: cut.append("too early")) is None
    assert find(clip()[:1], seconds=0, when_cut=lambda: cut.append("all was read")) is None
    assert cut == ["cut"]
    module = importlib.import_module("vivant.marks.verify")
    monkeypatch.setattr(module, "find", functools.partial(find, seconds=0))
    assert any("cut short" in problem for problem in verify(path).problems)


def test_verify_tells_of_a_watermark_without_credentials(tmp_path: Path, capsys):
    path = tmp_path / "cut-off.png"
    write_image(path, Imprint(ID).on_picture(portrait()))
    found = verify(path)
    assert found.watermark is not None
    assert (found.watermark.id, found.watermark.others) == (ID, ())
    assert found.synthetic is None
    assert "no proof" in found.conclusion
    assert main(["verify", str(path)]) == 0
    assert f"watermark   {ID}" in capsys.readouterr().out


def test_the_credentials_bind_the_watermark(make_claim, tmp_path: Path):
    path = tmp_path / "signed.png"
    write_image(path, Imprint(ID).on_picture(portrait()))
    sign(path, path, make_claim(watermark_id=ID))
    assert verify(path).state == "valid"
    active = read(path, None).active
    (binding,) = (one["data"] for one in active["assertions"] if "soft-binding" in one["label"])
    assert binding["alg"] == WATERMARK
    assert binding["blocks"][0]["value"] == ID
