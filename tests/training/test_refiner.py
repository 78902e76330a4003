from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.errors import SettingsError
from vivant.faces.track import FaceTracker
from vivant.media import VideoReader
from vivant.training import clips
from vivant.training.clips import TrackedClip
from vivant.training.pairs import Pairs, Tint

torch = pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("safetensors", reason="training needs the extra train")

from vivant.training import drawing, refiner  # noqa: E402
from vivant.training.checkpoint import Training  # noqa: E402
from vivant.training.drawing import Batch  # noqa: E402
from vivant.training.network import Refiner  # noqa: E402

SIDE = 96


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    images, rows, faces = [], [], ()
    with VideoReader(samples.driving()) as reader:
        for frame in reader:
            if frame.index % 8 == 0:
                image = cv2.resize(frame.image, (256, 256), interpolation=cv2.INTER_AREA)
                faces = tuple(FaceTracker().track(image, ()))
                images.append(image)
                rows.append([clips._row(faces[0])] * 2)
            if len(images) == 3:
                break
    tracked = np.array(rows, np.float32).swapaxes(0, 1)
    return Pairs([TrackedClip("sample", "somebody", np.array(images), tracked)], SIDE)


@pytest.fixture(scope="module")
def batch(pairs: Pairs) -> Batch:
    return Batch.of([pairs.pair(0, 0, 1), pairs.pair(0, 0, 2)], np.array([False, False]))


def test_a_new_network_changes_nothing(batch: Batch) -> None:
    answer = Refiner()(batch.seen)
    assert all(not part.any() for part in answer)


def test_a_frame_under_its_own_motion_is_drawn_as_it_is(pairs: Pairs) -> None:
    pair = pairs.pair(0, 0, 0, smooth=False)
    assert pair.say == 0
    still = Batch.of([pair], np.array([False]))
    full = (torch.ones(1, 2, 64, 64), torch.ones(1, 1, 64, 64))
    drawn = drawing.draw(still, full)
    assert float(drawing.l1(drawn, still)) < 0.01


def test_a_mirrored_pair_is_drawn_in_the_mirror(pairs: Pairs) -> None:
    pair = pairs.pair(0, 0, 2)
    both = Batch.of([pair, pair], np.array([False, True]))
    nothing = (torch.zeros(2, 2, 64, 64), torch.zeros(2, 1, 64, 64))
    drawn = drawing.draw(both, nothing)
    assert float((drawn[0] - drawn[1].flip(2)).abs().max()) < 1e-4


def test_likeness_is_one_for_the_truth_itself(batch: Batch) -> None:
    assert drawing.ssim(batch.truth, batch).min() > 0.999
    assert drawing.l1(batch.truth, batch).max() == 0


def test_only_what_the_frame_shows_counts(pairs: Pairs) -> None:
    counts = pairs.pair(0, 0, 1).counts
    assert counts.shape == (SIDE, SIDE)
    assert 0 < counts.mean() < 255


def test_a_tint_changes_all_pictures_alike(pairs: Pairs) -> None:
    plain = pairs.pair(0, 0, 1)
    tinted = pairs.pair(0, 0, 1, tint=Tint(gains=(0.5, 0.5, 0.5)))
    for name in ("texture", "plate", "truth"):
        expected = getattr(plain, name) / 2
        np.testing.assert_allclose(getattr(tinted, name), expected, atol=1)


def test_a_step_learns_and_a_stopped_training_goes_on(batch: Batch, tmp_path) -> None:
    settings = refiner.RefinerSettings(steps=100, batch=2)

    def made() -> Training:
        torch.manual_seed(0)
        network, mean = Refiner(), Refiner()
        mean.load_state_dict(network.state_dict())
        return Training(network, mean, torch.optim.AdamW(network.parameters(), settings.rate))

    first = made()
    losses = [refiner._step(first, batch, settings) for _ in range(6)]
    first.save(tmp_path)
    losses.append(refiner._step(first, batch, settings))
    second = made()
    assert second.load(tmp_path)
    assert second.step == 6
    assert refiner._step(second, batch, settings) == pytest.approx(losses[-1], rel=1e-4)
    assert all(after < before for before, after in pairwise(losses[2:]))


def test_the_same_seed_chooses_the_same_pairs(pairs: Pairs) -> None:
    settings = refiner.RefinerSettings(batch=1, portraits=2)
    first, again = (refiner.chosen(pairs, settings, 5) for _ in range(2))
    assert torch.equal(first.seen, again.seen)
    other = refiner.chosen(pairs, replace(settings, seed=1), 5)
    assert not torch.equal(first.seen, other.seen)


def test_an_unknown_part_is_refused(tmp_path) -> None:
    with pytest.raises(SettingsError, match="train, validation, test"):
        clips.clips(tmp_path, tmp_path, "dev")
