from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import vivant
from vivant.animation.sources import read_performance
from vivant.errors import FaceIndexError, NoFaceFound, PathRefused, SettingsError
from vivant.media import write_image
from vivant.types import Frame

LEFT, RIGHT = slice(0, 512), slice(512, 1024)


@pytest.fixture(scope="module")
def couple(hopper) -> np.ndarray:
    """Two faces beside one another; the right one is a mirror image."""
    return np.ascontiguousarray(np.hstack([hopper, hopper[:, ::-1]]))


def changed(frame: Frame, picture: np.ndarray, part: slice) -> float:
    return float(np.abs(frame.image[:, part].astype(int) - picture[:, part]).mean())


def test_without_others_only_one_face_moves_and_leaves_the_other_alone(couple, drive) -> None:
    *_, last = vivant.animate(couple, drive[:12], face=0, reference=0)
    assert changed(last, couple, LEFT) > 0.2
    assert changed(last, couple, RIGHT) == 0


def test_each_face_moves_as_its_own_driver_does(couple, drive) -> None:
    both = list(vivant.animate(couple, drive[:12], also=[(1, drive[:12])], face=0, reference=0))
    alone = list(vivant.animate(couple, drive[:12], face=0, reference=0))
    for one, other in zip(both, alone, strict=True):
        np.testing.assert_array_equal(one.image[:, :400], other.image[:, :400])
    assert changed(both[-1], couple, RIGHT) > 0.2


def test_the_first_driver_gives_the_times_and_others_fall_in(couple, drive) -> None:
    slow = [drive[0], drive[8]]
    frames = list(vivant.animate(couple, drive[:12], also=[(1, slow)], face=0))
    assert [frame.time for frame in frames] == [frame.time for frame in drive[:12]]
    moved = [changed(frame, couple, RIGHT) for frame in frames]
    assert min(moved[0], moved[8]) < moved[4] < max(moved[0], moved[8])  # between its frames
    np.testing.assert_allclose(moved[9:], moved[8], atol=1e-3)  # its end is held


def test_a_face_whose_driver_has_ended_comes_to_rest_if_asked(couple, drive) -> None:
    frames = list(
        vivant.animate(
            couple, drive[:40], also=[(1, drive[:12])], face=0, on_missing_face="rest"
        )
    )  # fmt: skip
    moved = [changed(frame, couple, RIGHT) for frame in frames]
    assert max(moved[:12]) > 0.2
    assert moved[-1] == 0


def test_a_still_face_can_be_given_a_performance(couple, drive) -> None:
    smile = read_performance("smile")
    frames = list(vivant.animate(couple, drive[:24], also=[("1", smile)], face=0))
    assert changed(frames[-1], couple, RIGHT) > 0


def test_the_size_counts_for_the_whole_picture(couple, drive) -> None:
    frames = list(vivant.animate(couple, drive[:2], also=[(1, drive[:2])], face=0, size=256))
    assert frames[0].image.shape == (150, 256, 3)


def test_one_face_has_one_driver(couple, drive) -> None:
    with pytest.raises(SettingsError, match="driven twice"):
        list(vivant.animate(couple, drive[:2], also=[(0, drive[:2])], face=0))
    with pytest.raises(FaceIndexError):
        list(vivant.animate(couple, drive[:2], also=[(2, drive[:2])], face=0))


@pytest.mark.parametrize("option", [{"frame": "crop"}, {"crop": "whole"}])
def test_several_faces_need_the_whole_picture(couple, drive, option) -> None:
    with pytest.raises(SettingsError, match="whole picture"):
        list(vivant.animate(couple, drive[:2], also=[(1, drive[:2])], face=0, **option))


def test_another_driver_without_a_face_is_an_error(couple, drive, empty) -> None:
    blind = [Frame(empty, index, Fraction(index, 100)) for index in range(3)]
    with pytest.raises(NoFaceFound, match="driver"):
        list(vivant.animate(couple, drive[:12], also=[(1, blind)], face=0))


def test_threads_end_when_the_caller_leaves(couple, drive) -> None:
    before = threading.active_count()
    frames = vivant.animate(couple, iter(drive), also=[(1, iter(drive))], face=0)
    next(frames)
    frames.close()
    for thread in threading.enumerate():
        if thread.name == "prefetch":
            thread.join(timeout=5)
    assert threading.active_count() <= before


def test_every_driver_is_told_and_neither_overwritten(couple, short, tmp_path: Path) -> None:
    write_image(tmp_path / "couple.png", couple)
    second = tmp_path / "second.mp4"
    second.write_bytes(short.read_bytes())
    vivant.animate_file(
        tmp_path / "couple.png", short, tmp_path / "out.mp4",
        face=0, also=[(1, second)], consent="fictional",
    )  # fmt: skip
    found = vivant.verify(tmp_path / "out.mp4")
    assert found.intact is True
    titles = [ingredient.title for ingredient in found.ingredients]
    assert titles == ["portrait", "driver", "driver 2"]
    assert set(found.claims["other_drivers"]) == {"driver 2"}
    with pytest.raises(PathRefused, match="also an input"):
        vivant.animate_file(
            tmp_path / "couple.png", short, second, face=0, also=[(1, second)], consent="own"
        )


def test_a_real_couple_moves_without_dragging_one_another(data: Path, drive) -> None:
    from vivant.media import read_image

    picture = read_image(data / "raw" / "az_f2__test-image-person-group.jpg")
    *_, last = vivant.animate(picture, drive[:24], face=0, reference=0)
    her = np.abs(last.image[110:300, 505:620].astype(int) - picture[110:300, 505:620])
    assert her.max() == 0
