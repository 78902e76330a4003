from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from vivant.engines import open_engine
from vivant.errors import AskedWrongly, PathRefused, SettingsError, UnknownEngine, VivantError
from vivant.metrics.l1 import l1
from vivant.studies import clips as reading
from vivant.studies.compare import compare, told
from vivant.studies.drive import Drive, ready
from vivant.studies.regions import NAMES
from vivant.studies.self.study import BASELINE, SelfStudy
from vivant.studies.settings import SelfSettings
from vivant.studies.study import Job, Method
from vivant.studies.work import run

SHORT = SelfSettings(last=15, step=5, faces=False)
MESH = (Method("mesh"),)


@pytest.fixture(scope="module")
def found(clips, tmp_path_factory):
    steps = []
    study = SelfStudy.of(clips, MESH, SHORT)
    out = tmp_path_factory.mktemp("found")
    results = run(study, out, workers=1, on_progress=lambda *step: steps.append(step))
    return results, steps, out


def rows(plain, engine: str = "mesh"):
    return [row for row in plain["rows"] if row["engine"] == engine]


def test_every_clip_is_measured_or_told_to_have_failed(found):
    results, steps, _ = found
    (row,) = rows(results.plain)
    assert (row["clip"], row["frames"], row["faces_missed"]) == ("speaker", 3, 0)
    (failed,) = results.plain["failed"]
    assert failed["item"] == "nobody"
    assert "no face found" in failed["problem"]
    assert steps == [(1, 2, "nobody"), (2, 2, "speaker")]


def test_the_baseline_is_the_portrait_against_the_true_frames(found, clips):
    results, *_ = found
    frames = reading.read_frames(clips / "speaker.mp4", 16, 256)
    naive = np.mean([l1(frames[0].image, frames[k].image, peak=255) for k in (5, 10, 15)])
    (row,) = rows(results.plain, "still")
    assert row["l1"] == pytest.approx(naive)
    assert row["expression_distance"] > 0


def test_the_engine_is_fed_every_frame_and_measured_on_some(found, clips, tracker):
    frames = reading.read_frames(clips / "speaker.mp4", 16, 256)
    portrait = ready(frames[0].image, open_engine("mesh"), tracker, "speaker")
    drive = Drive(portrait, frames, tracker, relative=True, reference="0")
    drawn = list(drive)
    assert [frame.index for frame in drawn] == list(range(16))
    naive = np.mean([l1(drawn[k].image, frames[k].image, peak=255) for k in (5, 10, 15)])
    assert rows(found[0].plain)[0]["l1"] == pytest.approx(naive)


def test_regions_share_the_whole_error_and_the_whole_picture(found):
    (row,) = rows(found[0].plain)
    assert set(row["regions"]) <= set(NAMES)
    assert sum(region["error"] for region in row["regions"].values()) == pytest.approx(1)
    assert sum(region["area"] for region in row["regions"].values()) == pytest.approx(1)
    whole = sum(region["l1"] * region["area"] for region in row["regions"].values())
    assert whole == pytest.approx(row["l1"], rel=1e-6)


def test_results_are_written_whole_and_read_back(found, tmp_path):
    results, *_ = found
    out = tmp_path / "new" / "out"
    results.write(out)
    plain = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert plain["study"] == "self"
    assert plain["settings"]["last"] == 15
    assert plain["summary"]["mesh"]["l1"]["rows"] == 1
    assert set(plain["summary"]["mesh"]) <= set(plain["metrics"])
    header, mesh, still = (out / "results.csv").read_text(encoding="utf-8").splitlines()
    assert "regions.face.l1" in header.split(",")
    assert mesh.startswith("speaker,mesh,speaker,")
    assert still.startswith("speaker,still,speaker,")
    summary = (out / "summary.md").read_text(encoding="utf-8")
    assert "| l1 ↓ |" in summary
    assert "no face found" in summary
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "no face found" in page
    assert "data:image/jpeg;base64," in page
    assert "\\toprule" in (out / "tables.tex").read_text(encoding="utf-8")
    assert sorted(path.name for path in out.iterdir()) == [
        "report.html", "results.csv", "results.json", "sheets", "summary.md", "tables.tex",
    ]  # fmt: skip


def test_what_is_done_is_not_done_again(found, clips):
    results, _, out = found
    before = (out / "work" / "journal.jsonl").read_bytes()
    steps = []
    study = SelfStudy.of(clips, MESH, SHORT)
    again = run(study, out, workers=1, on_progress=lambda *step: steps.append(step))
    assert steps == []
    assert again.plain["rows"] == json.loads(json.dumps(results.plain["rows"]))
    assert (out / "work" / "journal.jsonl").read_bytes() == before
    other = SelfStudy.of(clips, MESH, dataclasses.replace(SHORT, step=4))
    with pytest.raises(AskedWrongly, match="settings differs"):
        run(other, out, workers=1)


def test_two_processes_find_what_one_finds(found, clips, tmp_path):
    both = run(SelfStudy.of(clips, MESH, SHORT), tmp_path, workers=2).plain
    alone = found[0].plain
    for mine, theirs in zip(both["rows"], alone["rows"], strict=True):
        assert mine["clip"] == theirs["clip"]
        assert mine["l1"] == pytest.approx(theirs["l1"], rel=1e-6)
    assert both["failed"] == alone["failed"]


def test_several_results_make_one_table(found):
    plain = found[0].plain
    compared = compare({"first": plain, "second": plain})
    assert {one["metric"]: one["difference"] for one in compared["comparisons"]}["l1"] == 0
    text = told(compared)
    assert "| first |" in text
    assert "still (of first)" in text
    with pytest.raises(AskedWrongly, match="different studies"):
        compare({"first": plain, "other": {**plain, "study": "cross"}})
    other = {**plain, "settings": {**plain["settings"], "size": 128}}
    with pytest.raises(AskedWrongly, match="different ways: size differs"):
        compare({"first": plain, "other": other})
    with pytest.raises(AskedWrongly, match="share no row"):
        compare({"first": plain, "other": {**plain, "rows": []}})


class Perfect:
    """Stands for an engine at work: it draws the true frames."""

    missed = 0

    def __init__(self, portrait, driver, tracker, **how) -> None:
        self._frames = driver

    def __iter__(self):
        return iter(self._frames)


def test_who_draws_the_truth_gets_a_perfect_score(clips, monkeypatch):
    monkeypatch.setattr("vivant.studies.self.study.Drive", Perfect)
    settings = dataclasses.replace(SHORT, faces=True, baseline=False)
    study = SelfStudy.of(clips, MESH, settings)
    speaker = next(job for job in study.jobs() if job.key == "speaker")
    (row,) = study.measure(study.open(), speaker).rows
    zero = ("l1", "missed", "akd", "nmse", "pose_error", "gaze_error", "aed", "action_units",
            "expression_distance", "identity_distance",
            "perceptual_efficientnet_lite0")  # fmt: skip
    one = ("ssim", "csim", "csim_dlib", "expression", "action_unit_correlation")
    assert {name: row[name] for name in zero if name in row} == pytest.approx(
        {name: 0 for name in zero if name in row}, abs=1e-6
    )
    assert {name: row[name] for name in one if name in row} == pytest.approx(
        {name: 1 for name in one if name in row}, abs=1e-6
    )
    assert {"pose_error", "gaze_error", "expression"} <= set(row)


def test_a_drawn_face_that_nobody_finds_is_counted(clips, monkeypatch):
    class Destroyed(Perfect):
        def __iter__(self):
            for frame in self._frames:
                grey = np.full_like(frame.image, 128)
                yield dataclasses.replace(frame, image=grey if frame.index > 6 else frame.image)

    monkeypatch.setattr("vivant.studies.self.study.Drive", Destroyed)
    study = SelfStudy.of(clips, MESH, dataclasses.replace(SHORT, baseline=False))
    speaker = next(job for job in study.jobs() if job.key == "speaker")
    (row,) = study.measure(study.open(), speaker).rows
    assert (row["frames"], row["missed"]) == (3, pytest.approx(2 / 3))


@pytest.mark.parametrize(
    "wrong", [{"step": 0}, {"last": 3}, {"size": 10}, {"limit": 0}, {"consecutive": 1}]
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        SelfSettings(**wrong)


def test_a_folder_without_clips_is_refused(tmp_path):
    with pytest.raises(PathRefused, match="no clips in it"):
        SelfStudy.of(tmp_path, MESH, SHORT)
    with pytest.raises(PathRefused, match="no such folder"):
        SelfStudy.of(tmp_path / "missing", MESH, SHORT)


def test_an_engine_that_does_not_exist_is_refused(clips, tmp_path):
    with pytest.raises(UnknownEngine):
        run(SelfStudy.of(clips, (Method("mehs"),), SHORT), tmp_path)


def test_where_no_clip_can_be_measured_the_study_fails(tmp_path, clips):
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    (tmp_path / "nobody.mp4").write_bytes((clips / "nobody.mp4").read_bytes())
    with pytest.raises(VivantError, match="none of 2"):
        run(SelfStudy.of(tmp_path, MESH, SHORT), tmp_path / "out", workers=1)


def test_the_baseline_is_measured_once_and_only_where_it_is_wanted(clips):
    asked = (Method("still"), Method("mesh"))
    assert SelfStudy.of(clips, asked, SHORT).methods == asked
    assert SelfStudy.of(clips, MESH, SHORT).methods == (*MESH, BASELINE)
    without = dataclasses.replace(SHORT, baseline=False)
    assert SelfStudy.of(clips, MESH, without).methods == MESH


@pytest.mark.faces
def test_the_baseline_is_what_the_data_says_on_a_real_clip(data: Path):
    path = min((data / "clips").glob("*.mp4"))
    study = SelfStudy.of(data / "clips", MESH, SelfSettings(last=20, faces=False))
    item = next(item for item in study.clips if item.path == path)
    outcome = study.measure(study.open(), Job(item.name, (item,)))
    mesh, still = outcome.rows
    assert mesh["frames"] == 4
    assert mesh["l1"] < still["l1"]
    assert mesh["ssim"] > still["ssim"]
    _, columns = outcome.sheets["mesh"]
    assert [column.shape for column in columns] == [(3 * 256, 256, 3)] * 4
