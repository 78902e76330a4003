from __future__ import annotations

from itertools import islice, pairwise

import cv2
import numpy as np
import pytest

from vivant.errors import ShapeError, Undefined
from vivant.metrics.flicker import Flicker, Motion, motion, warping_error
from vivant.metrics.flicker_floor import FlickerFloor


def texture(side: int = 96, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (side, side, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.clip((smooth - smooth.mean()) * 6 + 128, 0, 255).astype(np.uint8)


def shifted(image: np.ndarray, x: float, y: float = 0.0) -> np.ndarray:
    matrix = np.float32([[1, 0, x], [0, 1, y]])
    size = image.shape[1::-1]
    return cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REFLECT)


def naive(previous: np.ndarray, current: np.ndarray, way: Motion) -> float:
    """Pixel by pixel, by hand."""
    total, count = 0.0, 0
    height, width = way.seen.shape
    for y in range(height):
        for x in range(width):
            if not way.seen[y, x]:
                continue
            u, v = (float(place) for place in way.places[y, x])
            left, top = min(int(u), width - 2), min(int(v), height - 2)
            right, down = u - left, v - top
            corner = previous[top : top + 2, left : left + 2].astype(float)
            upper = corner[0, 0] * (1 - right) + corner[0, 1] * right
            lower = corner[1, 0] * (1 - right) + corner[1, 1] * right
            then = upper * (1 - down) + lower * down
            total += float(np.square((then - current[y, x]) / 255).mean())
            count += 1
    return total / count


def test_motion_is_that_by_which_a_picture_was_shifted():
    image = texture()
    way = motion(image, shifted(image, 3, -2))
    grid = np.dstack(np.meshgrid(np.arange(96), np.arange(96)))
    inner = way.seen & (np.abs(grid - 48).max(axis=2) < 36)
    assert inner.mean() > 0.4
    moved = np.median((grid - way.places)[inner], axis=0)
    np.testing.assert_allclose(moved, [3, -2], atol=0.1)


def test_the_error_is_that_of_a_loop_over_pixels():
    image = texture(40)
    noise = np.random.default_rng(0).integers(-20, 20, image.shape)
    after = np.clip(shifted(image, 1.4, 0.6) + noise, 0, 255).astype(np.uint8)
    way = motion(image, after)
    assert warping_error(image, after, way) == pytest.approx(naive(image, after, way), rel=0.01)


def test_what_moves_as_a_whole_flickers_less_than_what_changes_its_light():
    image = texture()
    moves, shines = Flicker(), Flicker()
    for index in range(5):
        moves.update(shifted(image, 1.5 * index))
        shines.update(np.clip(image.astype(int) + 12 * (index % 2), 0, 255).astype(np.uint8))
    assert moves.compute() < 0.2 * shines.compute()
    assert shines.compute() == pytest.approx((12 / 255) ** 2, rel=0.2)


def test_against_true_frames_standing_still_is_an_error_and_against_none_it_is_not():
    image = texture()
    true = [shifted(image, 2 * index) for index in range(4)]
    still, follows, alone = Flicker(), Flicker(), Flicker()
    for frame in true:
        still.update(image, frame)
        follows.update(frame, frame)
        alone.update(image)
    assert alone.compute() == 0
    assert still.compute() > 10 * follows.compute()
    assert follows.compute() == follows.floor() == still.floor()
    with pytest.raises(Undefined, match="true frames"):
        alone.floor()


def test_uncovered_pixels_do_not_count():
    behind, patch = texture(128, 1), texture(128, 2)[:48, :48]
    first, second = behind.copy(), behind.copy()
    first[40:88, 40:88] = patch
    second[40:88, 44:92] = patch
    way = motion(first, second)
    assert way.seen[46:82, 40:44].mean() < 0.5
    assert way.seen[46:82, 50:84].mean() > 0.9
    assert way.seen[4:30].mean() > 0.9


def test_videos_merged_stay_apart():
    rng = np.random.default_rng(0)
    whole: list[float] = []
    totals = []
    for seed in range(2):
        frames = [
            np.clip(texture(seed=seed).astype(int) + rng.integers(-9, 9), 0, 255).astype(np.uint8)
            for _ in range(3)
        ]
        whole += [warping_error(a, b, motion(a, b)) for a, b in pairwise(frames)]
        total = Flicker()
        for frame in frames:
            total.update(frame)
        totals.append(total)
    totals[0].merge(totals[1])
    assert totals[0].compute() == pytest.approx(np.mean(whole))


def test_a_constant_picture_does_not_flicker_and_one_frame_is_too_few():
    grey = np.full((32, 32, 3), 90, np.uint8)
    total = Flicker()
    total.update(grey)
    with pytest.raises(Undefined, match="two frames"):
        total.compute()
    total.update(grey)
    assert total.compute() == 0


def test_pairs_in_which_nothing_is_seen_twice_are_skipped_and_counted(monkeypatch):
    image = texture(32)
    nothing = Motion(np.zeros((32, 32, 2), np.float32), np.zeros((32, 32), bool))
    with pytest.raises(Undefined, match="no pixel"):
        warping_error(image, image, nothing)
    monkeypatch.setattr("vivant.metrics.flicker.motion", lambda previous, current: nothing)
    total = Flicker()
    total.update(image)
    total.update(image)
    assert total.skipped == 1


def test_frames_that_do_not_go_together_are_refused():
    image = texture(32)
    total = Flicker()
    total.update(image, image)
    with pytest.raises(ShapeError, match="every frame, or with none"):
        total.update(image)
    with pytest.raises(ShapeError, match="differ in shape"):
        Flicker().update(image, image[:-1])
    with pytest.raises(ShapeError, match="uint8"):
        Flicker().update(image / 255)
    with pytest.raises(ShapeError, match="16x16"):
        motion(image[:8], image[:8])
    with pytest.raises(ShapeError, match="motion of"):
        warping_error(image, image, motion(texture(40), texture(40)))
    grows = Flicker()
    grows.update(image)
    with pytest.raises(ShapeError, match="differ in shape"):
        grows.update(texture(40))


@pytest.mark.faces
def test_light_that_trembles_on_a_real_clip_shows_above_the_floor(data):
    from vivant.media import VideoReader

    rng = np.random.default_rng(0)
    total = Flicker()
    with VideoReader(data / "clips" / "lp_d10_d10_0.mp4") as frames:
        for frame in islice(frames, 12):
            trembling = frame.image.astype(int) + rng.integers(-10, 11)
            total.update(np.clip(trembling, 0, 255).astype(np.uint8), frame.image)
    assert total.compute() > 3 * total.floor()


def test_the_floor_under_its_own_name_is_that_of_the_true_frames():
    rng = np.random.default_rng(4)
    true = [rng.integers(0, 255, (32, 32, 3), np.uint8) // 2 + 60 for _ in range(3)]
    whole, floor = Flicker(), FlickerFloor()
    for image in true:
        whole.update(255 - image, image)
        floor.update(255 - image, image)
    assert floor.compute() == whole.floor() > 0
