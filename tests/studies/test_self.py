from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from vivant.studies.summary import compared, told_self

from vivant.engines import open_engine
from vivant.errors import PathRefused, SettingsError, UnknownEngine, VivantError
from vivant.metrics.l1 import l1
from vivant.studies import clips as reading
from vivant.studies.drive import Drive, ready
from vivant.studies.judge import Viewer
from vivant.studies.regions import NAMES
from vivant.studies.self import Tools, measure_clip, study_self
from vivant.studies.settings import SelfSettings

SHORT = SelfSettings(last=15, step=5, faces=False)


@pytest.fixture(scope="module")
def found(clips):
    told = []
    results = study_self(clips, settings=SHORT, on_progress=lambda *step: told.append(step))
    return results, told


def test_every_clip_is_measured_or_told_to_have_failed(found):
    results, told = found
    (row,) = results.plain["rows"]
    assert (row["clip"], row["frames"], row["faces_missed"]) == ("speaker", 3, 0)
    (failed,) = results.plain["failed"]
    assert failed["clip"] == "nobody"
    assert "no face found" in failed["problem"]
    assert results.plain["summary"]["clips_failed"] == 1
    assert told == [(1, 2, "nobody"), (2, 2, "speaker")]


def test_untouched_is_the_portrait_against_the_true_frames(found, clips):
    results, _ = found
    frames = reading.read_frames(clips / "speaker.mp4", 16, 256)
    naive = np.mean([l1(frames[0].image, frames[k].image, peak=255) for k in (5, 10, 15)])
    assert results.plain["rows"][0]["untouched"]["l1"] == pytest.approx(naive)


def test_the_engine_is_fed_every_frame_and_measured_on_some(clips, tracker):
    frames = reading.read_frames(clips / "speaker.mp4", 16, 256)
    tools = Tools(open_engine("mesh"), tracker, Viewer(faces=False))
    portrait = ready(frames[0].image, tools.engine, tracker, "speaker")
    drive = Drive(portrait, frames, tracker, relative=True, reference="0")
    drawn = list(drive)
    assert [frame.index for frame in drawn] == list(range(16))
    naive = np.mean([l1(drawn[k].image, frames[k].image, peak=255) for k in (5, 10, 15)])
    row, _ = measure_clip(clips / "speaker.mp4", tools, SHORT)
    assert row["l1"] == pytest.approx(naive)


def test_regions_share_the_whole_error_and_the_whole_picture(found):
    results, _ = found
    row = results.plain["rows"][0]
    assert set(row["regions"]) <= set(NAMES)
    assert sum(region["error"] for region in row["regions"].values()) == pytest.approx(1)
    assert sum(region["area"] for region in row["regions"].values()) == pytest.approx(1)
    whole = sum(region["l1"] * region["area"] for region in row["regions"].values())
    assert whole == pytest.approx(row["l1"], rel=1e-6)


def test_results_are_written_whole_and_read_back(found, tmp_path):
    results, _ = found
    out = tmp_path / "new" / "out"
    results.write(out, told_self(results.plain))
    plain = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert plain["study"] == "self"
    assert plain["summary"]["clips"] == 1
    assert plain["settings"]["last"] == 15
    header, line = (out / "results.csv").read_text(encoding="utf-8").splitlines()
    assert "untouched.l1" in header.split(",")
    assert line.startswith("speaker,3,0,")
    summary = (out / "summary.md").read_text(encoding="utf-8")
    assert "| untouched |" in summary
    assert "no face found" in summary
    assert (out / "sheets" / "speaker.png").stat().st_size > 5000
    assert sorted(path.name for path in out.iterdir()) == [
        "errors.png", "results.csv", "results.json", "sheets", "summary.md",
    ]  # fmt: skip


def test_several_results_make_one_table(found):
    plain = found[0].plain
    lines = compared({"first": plain, "second": plain}).splitlines()
    assert len(lines) == 5
    assert lines[0].endswith("better on | worst ratio |")
    assert lines[2].startswith("| untouched | ")
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_a_measure_that_is_not_finite_becomes_null(found, tmp_path):
    from vivant.studies.results import Results

    plain = {**found[0].plain, "summary": {"psnr": math.inf}}
    assert json.loads(Results(plain).json())["summary"]["psnr"] is None


@pytest.mark.parametrize("wrong", [{"step": 0}, {"last": 3}, {"size": 10}, {"limit": 0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        SelfSettings(**wrong)


def test_a_folder_without_clips_is_refused(tmp_path):
    with pytest.raises(PathRefused, match="no clips in it"):
        study_self(tmp_path, settings=SHORT)
    with pytest.raises(PathRefused, match="no such folder"):
        study_self(tmp_path / "missing", settings=SHORT)


def test_an_engine_that_does_not_exist_is_refused(clips):
    with pytest.raises(UnknownEngine):
        study_self(clips, "mehs", settings=SHORT)


def test_where_no_clip_can_be_measured_the_study_fails(tmp_path, clips):
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    (tmp_path / "nobody.mp4").write_bytes((clips / "nobody.mp4").read_bytes())
    with pytest.raises(VivantError, match="none of 2 clips"):
        study_self(tmp_path, settings=SHORT)


@pytest.mark.faces
def test_untouched_is_what_the_data_says_on_a_real_clip(data: Path, tracker):
    path = min((data / "clips").glob("*.mp4"))
    settings = SelfSettings(last=20, faces=False)
    tools = Tools(open_engine("mesh"), tracker, Viewer(faces=False))
    row, measured = measure_clip(path, tools, settings)
    assert row["frames"] == 4
    assert row["l1"] < row["untouched"]["l1"]
    assert row["ssim"] > row["untouched"]["ssim"]
    assert len(measured.columns) == 4
    assert measured.columns[0].shape == (4 * 256, 256, 3)
    drawn, untouched = measured.map.mean()
    assert drawn[100:156, 100:156].mean() < untouched[100:156, 100:156].mean()
