from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import vivant
from vivant.errors import (
    FaceIndexError,
    FaceTooSmall,
    NoFaceFound,
    SettingsError,
    ShapeError,
    UnknownEngine,
)
from vivant.faces.track import FaceTracker
from vivant.landmarks import LIPS_INNER, SCORE_NAMES
from vivant.types import Crop, Drawn, FaceCrop, Frame, Motion


def mouth_openings(images: list[np.ndarray]) -> np.ndarray:
    tracker, jaw = FaceTracker(), SCORE_NAMES.index("jawOpen")
    return np.array([tracker.detect(image)[0].scores[jaw] for image in images])


def test_one_frame_comes_for_each_driving_frame_at_its_time(hopper, drive) -> None:
    drawn = list(vivant.animate(hopper, drive))
    assert [frame.index for frame in drawn] == [frame.index for frame in drive]
    assert [frame.time for frame in drawn] == [frame.time for frame in drive]
    assert all(frame.image.shape == hopper.shape for frame in drawn)


def test_the_portrait_moves_its_mouth_as_the_driver_does(hopper, drive) -> None:
    drawn = list(vivant.animate(hopper, drive))
    lips = list(LIPS_INNER)
    tracker = FaceTracker()
    gaps = []
    for images in ([frame.image for frame in drive], [frame.image for frame in drawn]):
        found = [tracker.detect(image)[0].landmarks for image in images]
        heights = [np.ptp(points[lips, 1]) / np.ptp(points[lips, 0]) for points in found]
        gaps.append(np.array(heights))
    assert np.corrcoef(gaps[0], gaps[1])[0, 1] > 0.8


def test_far_from_the_head_not_one_pixel_changes(hopper, drive) -> None:
    for frame in vivant.animate(hopper, drive[:10]):
        np.testing.assert_array_equal(frame.image[-60:], hopper[-60:])
        np.testing.assert_array_equal(frame.image[:, -20:], hopper[:, -20:])


def test_one_thread_and_many_draw_the_same(hopper, drive) -> None:
    one = [frame.image for frame in vivant.animate(hopper, drive[:8], threads=1)]
    many = [frame.image for frame in vivant.animate(hopper, drive[:8], threads=4)]
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("size", [200, 700])
def test_size_is_the_longer_side(hopper, drive, size: int) -> None:
    (first, *_) = vivant.animate(hopper, drive[:2], size=size)
    assert max(first.image.shape[:2]) == size


def test_crop_shows_a_square_inside_the_portrait(hopper, drive) -> None:
    (first, *_) = vivant.animate(hopper, drive[:2], frame="crop", size=256)
    assert first.image.shape == (256, 256, 3)


def test_absolute_differs_from_relative(hopper, drive) -> None:
    relative, absolute = (
        list(vivant.animate(hopper, drive[:6], relative=value))[-1].image for value in (True, False)
    )
    assert np.abs(relative.astype(int) - absolute).mean() > 1


def test_mirroring_turns_the_other_way(hopper, drive) -> None:
    tracker = FaceTracker()
    base = tracker.detect(hopper)[0].pose.yaw
    turned = [replace(frame, image=frame.image) for frame in drive]
    yaws = [
        tracker.detect(list(vivant.animate(hopper, turned, mirror=mirror))[-1].image)[0].pose.yaw
        for mirror in (False, True)
    ]
    assert np.sign(yaws[0] - base) == -np.sign(yaws[1] - base)


def test_with_a_numbered_reference_that_frame_draws_the_portrait_at_rest(hopper, drive) -> None:
    drawn = list(vivant.animate(hopper, drive[:8], reference=5))
    assert np.abs(drawn[5].image.astype(int) - hopper).mean() < 0.2
    assert np.abs(drawn[0].image.astype(int) - hopper).mean() > 0.2


@pytest.mark.parametrize(
    ("reference", "message"),
    [("40", "does not exist"), ("2000", "too far in"), ("first", "frame number"), ("3", "no face")],
)
def test_a_reference_that_cannot_be_is_refused(
    hopper, drive, empty, reference: str, message: str
) -> None:
    frames = list(drive[:8])
    frames[3] = replace(frames[3], image=empty)
    with pytest.raises(SettingsError, match=message):
        list(vivant.animate(hopper, frames, reference=reference))


def with_gap(drive: tuple[Frame, ...], empty: np.ndarray, first: int, last: int) -> list[Frame]:
    return [
        replace(frame, image=empty) if first <= frame.index < last else frame for frame in drive
    ]


def test_hold_keeps_the_last_expression(hopper, drive, empty) -> None:
    drawn = list(vivant.animate(hopper, with_gap(drive, empty, 30, 40)))
    for frame in drawn[30:40]:
        np.testing.assert_array_equal(frame.image, drawn[29].image)
    assert np.abs(drawn[-1].image.astype(int) - drawn[29].image).mean() > 0.1


def test_rest_eases_to_the_portrait_without_a_jump(hopper, drive, empty) -> None:
    drawn = list(vivant.animate(hopper, with_gap(drive, empty, 25, 45), on_missing_face="rest"))
    away = [np.abs(frame.image.astype(int) - hopper).mean() for frame in drawn]
    assert away[44] < 0.05 < away[24]
    steps = [np.abs(a.image.astype(int) - b.image).mean() for a, b in pairwise(drawn[23:46])]
    assert max(steps) < 0.6 * away[24]


def test_fail_names_the_frame(hopper, drive, empty) -> None:
    frames = with_gap(drive, empty, 5, 6)
    with pytest.raises(NoFaceFound, match=r"driving frame 5 at 0\.2"):
        list(vivant.animate(hopper, frames, on_missing_face="fail"))


def test_a_driver_without_any_face_is_an_error(hopper, drive, empty) -> None:
    frames = with_gap(drive[:5], empty, 0, 5)
    with pytest.raises(NoFaceFound, match="driver"):
        list(vivant.animate(hopper, frames))


def test_a_face_that_comes_late_is_taken_up(hopper, drive, empty) -> None:
    drawn = list(vivant.animate(hopper, with_gap(drive, empty, 0, 10)))
    np.testing.assert_array_equal(drawn[9].image, hopper)
    assert len(drawn) == len(drive)
    assert np.abs(drawn[-1].image.astype(int) - hopper).mean() > 0.1


def test_a_performer_who_returns_elsewhere_is_followed_again(hopper, drive, empty) -> None:
    moved = []
    for frame in drive:
        image = empty.copy()
        if frame.index < 15:
            image = frame.image
        elif frame.index >= 20:
            image = np.ascontiguousarray(np.roll(frame.image, -110, axis=1))
        moved.append(replace(frame, image=image))
    drawn = list(vivant.animate(hopper, moved))
    assert np.abs(drawn[30].image.astype(int) - drawn[47].image).mean() > 0.05


@pytest.fixture
def pair(drive) -> list[Frame]:
    """Two people side by side: the left one still, the right one moving."""
    still = drive[0].image
    return [
        replace(frame, image=np.hstack([still[:, 100:], frame.image[:, 100:]]))
        for frame in drive[:30]
    ]


def test_the_driver_face_can_be_chosen(hopper, pair) -> None:
    def motion(which: str) -> float:
        drawn = list(vivant.animate(hopper, pair, driver_face=which))
        return float(np.abs(drawn[-1].image.astype(int) - drawn[0].image).mean())

    width = pair[0].image.shape[1]
    assert motion("0") < 0.5 * motion("1")
    assert motion(f"{width * 0.25},90") == motion("0")


@pytest.mark.parametrize("which", ["5", "3,3"])
def test_a_face_that_is_not_there_is_refused(hopper, drive, which: str) -> None:
    with pytest.raises(FaceIndexError):
        vivant.animate(hopper, drive[:2], face=which)
    with pytest.raises(FaceIndexError):
        list(vivant.animate(hopper, drive[:2], driver_face=which))


def test_a_portrait_without_a_face_is_refused_before_anything_is_read(drive, empty) -> None:
    with pytest.raises(NoFaceFound, match="portrait"):
        vivant.animate(empty, drive)


def test_a_face_too_small_is_refused_and_its_size_is_told(hopper, drive) -> None:
    small = np.full((300, 300, 3), 128, np.uint8)
    small[100:175, 100:164] = hopper[::8, ::8]
    with pytest.raises((FaceTooSmall, NoFaceFound), match=r"pixels|face"):
        vivant.animate(small, drive)


@pytest.mark.parametrize(
    "wrong",
    [
        {"frame": "half"}, {"size": 3}, {"threads": 0}, {"crop": "1,2,3"}, {"crop": "0,0,4,4"},
        {"on_missing_face": "panic"}, {"start": Fraction(3), "end": Fraction(2)},
        {"crop": "0,0,9999,9999"}, {"start": Fraction(-1)}, {"device": "tpu"},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(hopper, drive, wrong) -> None:
    with pytest.raises(SettingsError):
        vivant.animate(hopper, drive[:1], **wrong)


def test_unknown_engines_and_wrong_arrays_are_refused(hopper, drive) -> None:
    with pytest.raises(UnknownEngine):
        vivant.animate(hopper, drive, engine="mehs")
    with pytest.raises(ShapeError):
        vivant.animate(hopper.astype(float), drive)


def test_leaving_early_ends_all_threads_and_closes_the_driver(hopper, drive) -> None:
    closed = threading.Event()

    def endless() -> Iterator[Frame]:
        try:
            for index in range(10**6):
                yield replace(drive[index % len(drive)], index=index, time=Fraction(index, 24))
        finally:
            closed.set()

    before = threading.active_count()
    drawn = vivant.animate(hopper, endless())
    next(drawn)
    drawn.close()  # type: ignore[attr-defined]
    assert closed.wait(5)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_an_error_in_the_driver_reaches_the_caller(hopper, drive) -> None:
    def broken() -> Iterator[Frame]:
        yield from drive[:4]
        raise RuntimeError("the camera fell over")

    with pytest.raises(RuntimeError, match="fell over"):
        list(vivant.animate(hopper, broken()))


def test_no_more_than_a_handful_of_driving_frames_is_held(hopper, drive) -> None:
    alive: list[int] = []

    def endless() -> Iterator[Frame]:
        for index in range(90):
            alive.append(index)
            yield replace(drive[index % 48], index=index, time=Fraction(index, 24))

    most = 0
    for frame in vivant.animate(hopper, endless(), reference="0"):
        most = max(most, alive[-1] - frame.index)
    assert most < 16


class Tint:
    """The smallest engine there is: it needs no landmarks, and reddens the portrait."""

    size = 64
    crop = Crop(scale=1.5, follow="track")
    needs = frozenset({"pixels"})

    def encode(self, face: FaceCrop) -> np.ndarray:
        return face.image

    def motion(self, face: FaceCrop) -> Motion:
        return Motion({"red": np.float32([face.image[..., 0].mean()])})

    def rest(self, encoded: np.ndarray) -> Motion:
        return Motion({"red": np.zeros(1, np.float32)})

    def relative(self, encoded: np.ndarray, reference: Motion, motion: Motion) -> Motion:
        return motion

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        return b if share > 0.5 else a

    def render(self, encoded: np.ndarray, motions: Sequence[Motion]) -> Iterator[Drawn]:
        for motion in motions:
            image = encoded.copy()
            image[..., 0] = motion.arrays["red"][0]
            yield Drawn(image)


def test_an_engine_without_landmarks_takes_a_crop_given_by_hand(drive, empty) -> None:
    with pytest.raises(NoFaceFound):
        vivant.animate(empty, drive[:3], engine=Tint())
    drawn = list(vivant.animate(empty, drive[:3], engine=Tint(), crop="100,40,80,80"))
    assert len(drawn) == 3
    red = drawn[0].image[80, 140, 0]
    assert red == pytest.approx(drive[0].image[..., 0].mean(), abs=60)
    assert drawn[0].image[80, 140, 1] == 90
    np.testing.assert_array_equal(drawn[0].image[:35], empty[:35])
    whole = next(vivant.animate(empty, drive[:1], engine=Tint(), crop="whole"))
    assert whole.image[90, 160, 0] == red


def test_the_mesh_engine_needs_a_face_even_where_the_crop_is_given(drive, empty) -> None:
    with pytest.raises(NoFaceFound):
        vivant.animate(empty, drive[:3], crop="whole")


def test_an_engine_of_pixels_also_reads_a_square_of_a_driver_without_a_face(empty, drive) -> None:
    red = np.zeros((40, 90, 3), np.uint8)
    red[:24, 6:34, 0] = 200
    frames = [Frame(red, 0, Fraction(0)), Frame(red[:, ::-1], 1, Fraction(1, 24))]

    def shown(**how: object) -> list[int]:
        drawn = vivant.animate(empty, frames, engine=Tint(), crop="whole", frame="crop", **how)
        return [int(frame.image[32, 32, 0]) for frame in drawn]

    assert shown(driver_crop="10,0,20,20") == [200, 0]
    assert shown(driver_crop="10,0,20,20", mirror=True) == [0, 200]
    assert shown(driver_crop="whole")[0] < 100
    with pytest.raises(SettingsError, match="reaches beyond the driver, which is 90 x 40"):
        shown(driver_crop="10,0,20,60")
    with pytest.raises(SettingsError, match="driver_crop must be auto, whole or X,Y,W,H"):
        shown(driver_crop="all")
    with pytest.raises(SettingsError, match="'mesh' needs landmarks, scores of the driver"):
        list(vivant.animate(drive[0].image, frames, driver_crop="whole"))
    with pytest.raises(SettingsError, match="no pixels to cut"):
        list(vivant.animate(empty, "smile", engine=Tint(), crop="whole", driver_crop="whole"))


class Tints(Tint):
    """The same, several pictures at a time."""

    batch = 4

    def __init__(self) -> None:
        self.asked: list[int] = []

    def render(self, encoded: np.ndarray, motions: Sequence[Motion]) -> Iterator[Drawn]:
        self.asked.append(len(motions))
        return super().render(encoded, motions)


def test_an_engine_that_draws_several_at_a_time_gets_them_in_order(drive) -> None:
    how = {"crop": "whole", "driver_crop": "whole", "frame": "crop"}
    engine = Tints()
    together = list(vivant.animate(drive[0].image, drive[:10], engine=engine, **how))
    assert engine.asked == [4, 4, 2]
    for one, other in zip(
        together, vivant.animate(drive[0].image, drive[:10], engine=Tint(), **how), strict=True
    ):
        assert one.index == other.index
        np.testing.assert_array_equal(one.image, other.image)
