from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
from vivant.studies.summary import told_cross

from vivant import samples
from vivant.errors import PathRefused, SettingsError, VivantError
from vivant.media import read_image, write_image
from vivant.studies.cross import study_cross
from vivant.studies.settings import CrossSettings
from vivant.studies.steadiness import study_steadiness

SHORT = CrossSettings(frames=12, size=256)


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    """The sample portrait, and a picture without a face."""
    folder = tmp_path_factory.mktemp("portraits")
    shutil.copy(samples.portrait(), folder / "hopper.jpg")
    write_image(folder / "wall.png", np.full((128, 128, 3), 128, np.uint8))
    return folder


@pytest.fixture(scope="module")
def found(portraits, clips):
    told = []
    results = study_cross(
        portraits, clips, settings=SHORT, on_progress=lambda *step: told.append(step)
    )
    return results, told


def test_every_pair_is_measured_and_what_cannot_be_used_is_told(found):
    results, told = found
    (row,) = results.plain["rows"]
    assert (row["portrait"], row["driver"], row["frames"]) == ("hopper", "speaker", 12)
    assert row["faces_missed"] == row["drawn_missed"] == 0
    problems = [next(iter(failure.values())) for failure in results.plain["failed"]]
    assert problems == ["nobody", "wall"]
    assert results.plain["summary"]["pairs"] == 1
    assert told[-1][1] == 4


def test_the_measures_are_in_their_ranges(found):
    row = found[0].plain["rows"][0]
    assert 0.3 < row["correlation"] <= 1
    assert set(row["slopes"]) == set(row["correlations"]) <= {
        "jawOpen", "eyeBlink", "smile", "brows",
    }  # fmt: skip
    assert 0 <= row["background"] < 2
    if "csim" not in found[0].plain["not_measured"]:
        assert 0.5 < row["csim_worst_decile"] <= row["csim"] <= 1


def test_an_engine_that_does_nothing_keeps_who_it_is_and_follows_nobody(portraits, clips):
    still = study_cross(portraits, clips, "mesh", {"strength": 0.0}, SHORT).plain["rows"][0]
    assert still.get("csim", 1.0) > 0.97
    assert all(abs(slope) < 0.2 for slope in still["slopes"].values())


def test_the_summary_tells_pairs_and_measures(found, tmp_path):
    results, _ = found
    text = told_cross(results.plain)
    assert "| expression, correlation ↑ |" in text
    assert "| hopper | speaker |" in text
    assert "| wall |" in text
    results.write(tmp_path, text)
    assert (tmp_path / "sheets" / "hopper--speaker.png").is_file()


def test_folders_without_what_is_wanted_are_refused(portraits, clips, tmp_path):
    with pytest.raises(PathRefused, match="no portraits in it"):
        study_cross(clips, clips, settings=SHORT)
    with pytest.raises(PathRefused, match="no drivers in it"):
        study_cross(portraits, tmp_path, settings=SHORT)
    with pytest.raises(SettingsError, match="frames"):
        CrossSettings(frames=1)


def test_where_no_pair_can_be_measured_the_study_fails(portraits, clips, tmp_path):
    shutil.copy(portraits / "wall.png", tmp_path)
    with pytest.raises(VivantError, match="none of"):
        study_cross(tmp_path, clips, settings=SHORT)


def test_a_still_driver_hardly_moves_the_portrait_and_a_jump_is_followed(speaker):
    portrait = read_image(samples.portrait())[:512, :512]
    small = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    still = cv2.resize(speaker[0].image, (256, 256), interpolation=cv2.INTER_CUBIC)
    measured = study_steadiness(small, still)
    assert 0 < measured["jitter"] < 0.3
    assert measured["frames_to_90_percent"] <= 4
    assert measured["step"] > 2
