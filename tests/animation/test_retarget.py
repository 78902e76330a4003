from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import vivant
from vivant import samples
from vivant.errors import NoFaceFound, SettingsError, UnsupportedFormat
from vivant.faces.track import FaceTracker
from vivant.landmarks import SCORE_NAMES
from vivant.media import VideoReader, VideoWriter
from vivant.types import Frame

OPEN = SCORE_NAMES.index("jawOpen")


def filmed(path: Path, pictures: list[np.ndarray], rate: Fraction = Fraction(25)) -> Path:
    height, width = pictures[0].shape[:2]
    with VideoWriter(path, width=width, height=height, rate=rate) as writer:
        for index, picture in enumerate(pictures):
            writer.write(Frame(picture, index, index / rate))
    return path


@pytest.fixture(scope="module")
def panned(hopper: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still face under a moving camera."""
    pictures = [np.ascontiguousarray(hopper[:500, 2 * i : 2 * i + 440]) for i in range(20)]
    return filmed(tmp_path_factory.mktemp("targets") / "panned.mp4", pictures)


def read(path: Path) -> list[Frame]:
    with VideoReader(path) as reader:
        return list(reader)


def openings(frames: list[Frame]) -> np.ndarray:
    tracker = FaceTracker()
    faces = [tracker.detect(frame.image)[0] for frame in frames]
    return np.array([face.landmarks[14, 1] - face.landmarks[13, 1] for face in faces])


def test_the_frames_are_those_of_the_target(panned: Path, drive) -> None:
    target = read(panned)
    frames = list(vivant.animate(panned, drive))
    assert [(frame.index, frame.time) for frame in frames] == [
        (frame.index, frame.time) for frame in target
    ]
    for frame, own in zip(frames, target, strict=True):
        assert frame.image.shape == own.image.shape
        np.testing.assert_array_equal(frame.image[:80], own.image[:80])  # nothing moves there
        np.testing.assert_array_equal(frame.image[:, :60], own.image[:, :60])


def test_the_expression_is_the_drivers(panned: Path, drive) -> None:
    driven = openings(list(vivant.animate(panned, drive, reference=0)))
    assert np.ptp(openings(read(panned))) < 2
    driver = openings(list(drive[: len(driven)]))
    assert np.corrcoef(driven, driver[: len(driven)])[0, 1] > 0.7


def test_the_targets_own_expression_is_replaced(hopper, drive, tmp_path: Path) -> None:
    """A talking target, driven by a face at rest, is silent."""
    talking = filmed(tmp_path / "talking.mp4", [frame.image for frame in drive[:30]], Fraction(24))
    rest = [Frame(hopper, index, Fraction(index, 24)) for index in range(30)]
    own = openings(read(talking))
    silent = openings(list(vivant.animate(talking, rest)))
    assert silent.std() < 0.5 * own.std()


def test_it_ends_with_the_shorter(panned: Path, drive) -> None:
    assert len(list(vivant.animate(panned, drive[:6]))) in (6, 7)
    assert len(list(vivant.animate(panned, drive))) == 20


def test_where_no_face_is_the_frame_stays(hopper, drive, empty, tmp_path: Path) -> None:
    gone = np.zeros_like(hopper) + 90
    path = filmed(tmp_path / "gone.mp4", [hopper] * 6 + [gone] * 6 + [hopper] * 4)
    target = read(path)
    frames = list(vivant.animate(path, drive))
    for frame, own in list(zip(frames, target, strict=True))[7:12]:
        np.testing.assert_array_equal(frame.image, own.image)


def test_before_the_driver_is_seen_the_frame_stays(panned: Path, drive, empty) -> None:
    late = [Frame(empty, frame.index, frame.time) for frame in drive[:5]] + list(drive[5:])
    frames = list(vivant.animate(panned, late))
    np.testing.assert_array_equal(frames[0].image, read(panned)[0].image)


@pytest.mark.parametrize(
    "option", [{"relative": False}, {"frame": "crop"}, {"crop": "whole"}, {"also": [(1, "b.mp4")]}]
)
def test_what_goes_with_pictures_only_is_refused(panned: Path, drive, option) -> None:
    with pytest.raises(SettingsError):
        list(vivant.animate(panned, drive, **option))


def test_a_picture_has_no_sound(hopper, drive) -> None:
    with pytest.raises(SettingsError, match="no sound"):
        list(vivant.animate(hopper, drive, sound="portrait"))


def test_a_target_without_a_face_is_refused(empty, drive, tmp_path: Path) -> None:
    path = filmed(tmp_path / "empty.mp4", [empty] * 3)
    with pytest.raises(NoFaceFound):
        list(vivant.animate(path, drive))


def test_an_engine_that_cannot_keep_a_pose_is_refused(panned: Path, drive) -> None:
    class Plain:
        size, crop, needs = 64, vivant.open_engine("mesh").crop, frozenset({"landmarks"})
        encode = motion = rest = relative = blend = render = staticmethod(lambda *_: None)

    with pytest.raises(SettingsError, match="cannot keep the pose"):
        list(vivant.animate(panned, drive, engine=Plain()))


def test_what_is_neither_picture_nor_video_is_refused(drive, tmp_path: Path) -> None:
    text = tmp_path / "a.jpg"
    text.write_text("no picture")
    with pytest.raises(UnsupportedFormat, match="not a picture"):
        list(vivant.animate(text, drive))


def made(output: Path, portrait: Path, driving: Path, **options: object) -> vivant.Report:
    return vivant.animate_file(portrait, driving, output, consent="own", **options)  # type: ignore[arg-type]


def seconds(path: Path, kind: str) -> float:
    with av.open(str(path)) as file:
        stream = getattr(file.streams, kind)[0]
        return float(stream.duration * stream.time_base)


def test_the_file_is_marked_and_has_the_drivers_sound(panned: Path, tmp_path: Path) -> None:
    report = made(tmp_path / "out.mp4", panned, samples.driving())
    assert (report.frames, report.audio) == (20, "copied")
    found = vivant.verify(tmp_path / "out.mp4")
    assert (found.intact, found.synthetic) == (True, True)
    assert [one.title for one in found.ingredients] == ["portrait", "driver"]
    assert seconds(tmp_path / "out.mp4", "audio") == pytest.approx(0.8, abs=0.1)


def test_the_targets_sound_can_be_kept(tmp_path: Path, short: Path) -> None:
    report = made(tmp_path / "out.mp4", samples.driving(), short, sound="portrait")
    assert report.audio == "copied"
    assert report.seconds == pytest.approx(0.5, abs=0.05)
    assert seconds(tmp_path / "out.mp4", "audio") == pytest.approx(0.5, abs=0.1)
    silent = made(tmp_path / "silent.mp4", samples.driving(), short)
    assert silent.audio is None


def test_progress_counts_up_to_the_shorter(panned: Path, tmp_path: Path, short: Path) -> None:
    seen = []
    made(tmp_path / "out.mp4", panned, short, on_progress=seen.append)
    assert {progress.total for progress in seen} == {round(12 * 1001 / 24000 * 25)}


@pytest.fixture(scope="module")
def flicker() -> Callable[[list[np.ndarray]], float]:
    def measure(pictures: list[np.ndarray]) -> float:
        stack = np.stack(pictures).astype(np.int16)
        return float(np.abs(stack[2:] - 2 * stack[1:-1] + stack[:-2]).mean())

    return measure


def test_a_replaced_face_does_not_flicker(hopper, tmp_path: Path, flicker) -> None:
    """Both stand still but for noise: so does the result."""
    rng = np.random.default_rng(0)

    def noisy() -> np.ndarray:
        noise = rng.normal(0, 2, hopper.shape)
        return np.clip(hopper + noise, 0, 255).astype(np.uint8)

    path = filmed(tmp_path / "target.mp4", [noisy() for _ in range(16)])
    driver = [Frame(noisy(), index, Fraction(index, 25)) for index in range(16)]
    target = [frame.image for frame in read(path)]
    frames = [frame.image for frame in vivant.animate(path, driver)]
    assert flicker(frames) < 1.3 * flicker(target)
