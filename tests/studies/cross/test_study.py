from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.errors import PathRefused, SettingsError, VivantError
from vivant.media import read_image, write_image
from vivant.studies.cross.study import CrossStudy
from vivant.studies.settings import CrossSettings
from vivant.studies.steadiness import study_steadiness
from vivant.studies.study import Method
from vivant.studies.work import run

SHORT = CrossSettings(frames=12, size=256)
MESH = (Method("mesh"),)


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    """The sample portrait, and a picture without a face."""
    folder = tmp_path_factory.mktemp("portraits")
    shutil.copy(samples.portrait(), folder / "hopper.jpg")
    write_image(folder / "wall.png", np.full((128, 128, 3), 128, np.uint8))
    return folder


@pytest.fixture(scope="module")
def found(portraits, clips, tmp_path_factory):
    steps = []
    study = CrossStudy.of(portraits, clips, (*MESH, Method("still")), SHORT)
    out = tmp_path_factory.mktemp("cross")
    return run(study, out, workers=1, on_progress=lambda *step: steps.append(step)), steps


def test_every_pair_is_measured_and_what_cannot_be_used_is_told(found):
    results, steps = found
    row, _ = results.plain["rows"]
    assert (row["portrait"], row["driver"], row["frames"]) == ("hopper", "speaker", 12)
    assert row["faces_missed"] == row["drawn_missed"] == 0
    failed = {one["item"] for one in results.plain["failed"]}
    assert failed == {"hopper--nobody", "wall--nobody", "wall--speaker"}
    assert results.plain["extra"]["mesh"]["pairs"] == 1
    assert steps[-1][:2] == (4, 4)


def test_the_measures_are_in_their_ranges(found):
    plain = found[0].plain
    row = plain["rows"][0]
    assert 0.3 < row["correlation"] <= 1
    assert set(row["slopes"]) == set(row["correlations"]) <= {
        "jawOpen", "eyeBlink", "smile", "brows",
    }  # fmt: skip
    assert 0 <= row["background"] < 2
    if "csim" not in plain["not_measured"]:
        assert 0.5 < plain["summary"]["mesh"]["csim_worst_decile"]["mean"] <= row["csim"] <= 1


def test_an_engine_that_does_nothing_keeps_who_it_is_and_follows_nobody(found):
    still = found[0].plain["rows"][1]
    assert still["engine"] == "still"
    assert still.get("csim", 1.0) > 0.99
    assert still["background"] == 0
    assert all(abs(slope) < 0.1 for slope in still["slopes"].values())


def test_the_summary_tells_pairs_and_measures(found, tmp_path):
    results, _ = found
    results.write(tmp_path)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "| correlation ↑ |" in text
    assert "wall--speaker" in text
    assert (tmp_path / "sheets" / "hopper--speaker--mesh.jpg").is_file()
    tables = (tmp_path / "tables.tex").read_text(encoding="utf-8")
    assert "jawOpen" in tables


def test_folders_without_what_is_wanted_are_refused(portraits, clips, tmp_path):
    with pytest.raises(PathRefused, match="no portraits in it"):
        CrossStudy.of(clips, clips, MESH, SHORT)
    with pytest.raises(PathRefused, match="no clips in it"):
        CrossStudy.of(portraits, tmp_path, MESH, SHORT)
    with pytest.raises(SettingsError, match="frames"):
        CrossSettings(frames=1)


def test_where_no_pair_can_be_measured_the_study_fails(portraits, clips, tmp_path):
    folder = tmp_path / "walls"
    folder.mkdir()
    shutil.copy(portraits / "wall.png", folder)
    with pytest.raises(VivantError, match="none of"):
        run(CrossStudy.of(folder, clips, MESH, SHORT), tmp_path / "out", workers=1)


def test_a_still_driver_hardly_moves_the_portrait_and_a_jump_is_followed(speaker):
    portrait = read_image(samples.portrait())[:512, :512]
    small = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    still = cv2.resize(speaker[0].image, (256, 256), interpolation=cv2.INTER_CUBIC)
    measured = study_steadiness(small, still)
    assert 0 < measured["jitter"] < 0.3
    assert measured["frames_to_90_percent"] <= 4
    assert measured["step"] > 2
